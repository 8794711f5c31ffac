// The story that stories.ts tells, through github.com/silenceper/wechat/v2 as it is published: only its host is pointed
// elsewhere, by the modifier of addresses that it offers. Prints a line of JSON a step.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/silenceper/wechat/v2"
	"github.com/silenceper/wechat/v2/cache"
	"github.com/silenceper/wechat/v2/miniprogram/config"
	"github.com/silenceper/wechat/v2/miniprogram/tcb"
	"github.com/silenceper/wechat/v2/util"
)

type step map[string]any

var (
	server     = os.Getenv("DOCFERRY_URL")
	appID      = os.Getenv("DOCFERRY_APP_ID")
	env        = os.Getenv("DOCFERRY_ENV_ID")
	collection = os.Getenv("STORY_COLLECTION")
)

func main() {
	util.SetURIModifier(func(uri string) string {
		return strings.Replace(uri, "https://api.weixin.qq.com", server, 1)
	})
	memory := cache.NewMemory()
	calls := wechat.NewWechat().GetMiniProgram(&config.Config{
		AppID:     appID,
		AppSecret: os.Getenv("DOCFERRY_APP_SECRET"),
		Cache:     memory,
	}).GetTcb()

	must(calls.DatabaseCollectionAdd(env, collection))
	collections := got(calls.DatabaseCollectionGet(env, 10, 0))
	tell(step{"step": "collections", "total": collections.Pager.Total, "names": names(collections)})

	path := "in/" + collection + ".json"
	fileID := upload(calls, path)
	job := got(calls.DatabaseMigrateImport(&tcb.DatabaseMigrateImportReq{
		Env: env, CollectionName: collection, FilePath: path,
		FileType: tcb.FileTypeJSON, ConflictMode: tcb.ConflictModeInster,
	}))
	tellEnd("import", calls, job.JobID)

	// This client does not fetch another token by itself: its caller gets the code and forgets the one it has.
	tell(step{"step": "invalidate"})
	bufio.NewReader(os.Stdin).ReadString('\n')
	_, refused := calls.DatabaseMigrateQueryInfo(env, job.JobID)
	tell(step{"step": "invalidated", "code": code(refused)})
	must(memory.Delete(fmt.Sprintf("gowechat_miniprogram__access_token_%s", appID)))

	exported := got(calls.DatabaseMigrateExport(&tcb.DatabaseMigrateExportReq{
		Env: env, FilePath: "out/" + collection + ".json", FileType: tcb.FileTypeJSON, Query: os.Getenv("STORY_QUERY"),
	}))
	tellEnd("export", calls, exported.JobID)

	links := got(calls.BatchDownloadFile(env, []*tcb.DownloadFile{{FileID: fileID, MaxAge: 60}}))
	tell(step{"step": "download", "file_id": links.FileList[0].FileID == fileID, "text": download(links.FileList[0].DownloadURL)})
	_, unknown := calls.DatabaseMigrateQueryInfo(env, 2147483647)
	tell(step{"step": "unknown job", "code": code(unknown)})
	deleted := got(calls.BatchDeleteFile(env, []string{fileID}))
	must(calls.DatabaseCollectionDelete(env, collection))
	tell(step{"step": "deleted", "status": deleted.DeleteList[0].Status})
}

func upload(calls *tcb.Tcb, path string) string {
	ticket := got(calls.UploadFile(env, path))
	file := os.Getenv("STORY_FILE")
	fields := []util.MultipartFormField{
		{Fieldname: "key", Value: []byte(path)},
		{Fieldname: "Signature", Value: []byte(ticket.Authorization)},
		{Fieldname: "x-cos-security-token", Value: []byte(ticket.Token)},
		{Fieldname: "x-cos-meta-fileid", Value: []byte(ticket.CosFileID)},
		{IsFile: true, Fieldname: "file", Filename: file, FilePath: file},
	}
	// Its own form writer takes 200 for an answer only; storage answers 204, which this error says.
	_, err := util.PostMultipartForm(fields, ticket.URL)
	if err != nil && !strings.Contains(err.Error(), "statusCode=204") {
		must(err)
	}
	return ticket.FileID
}

func tellEnd(name string, calls *tcb.Tcb, job int64) {
	for try := 0; try < 600; try++ {
		info := got(calls.DatabaseMigrateQueryInfo(env, job))
		if info.Status == "success" || info.Status == "fail" {
			text := ""
			if info.FileURL != "" {
				text = download(info.FileURL)
			}
			tell(step{"step": name, "status": info.Status, "success": info.RecordSuccess, "fail": info.RecordFail,
				"message": info.ErrMsg, "text": text})
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	must(fmt.Errorf("job %d has not ended after a minute", job))
}

func download(address string) string {
	answer, err := http.Get(address)
	must(err)
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	must(err)
	return string(content)
}

func names(answer *tcb.DatabaseCollectionGetRes) []string {
	all := []string{}
	for _, one := range answer.Collections {
		all = append(all, one.Name)
	}
	return all
}

func code(err error) int64 {
	var answered *util.CommonError
	if err != nil && !errors.As(err, &answered) {
		must(err)
	}
	if answered == nil {
		return 0
	}
	return answered.ErrCode
}

func tell(one step) {
	line, err := json.Marshal(one)
	must(err)
	fmt.Println(string(line))
}

func got[T any](value T, err error) T {
	must(err)
	return value
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
