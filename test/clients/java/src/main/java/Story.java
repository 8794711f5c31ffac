import cn.binarywang.wx.miniapp.api.WxMaCloudService;
import cn.binarywang.wx.miniapp.api.impl.WxMaServiceImpl;
import cn.binarywang.wx.miniapp.config.impl.WxMaDefaultConfigImpl;
import com.google.gson.Gson;
import java.io.File;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import me.chanjar.weixin.common.error.WxErrorException;
import org.apache.http.client.methods.CloseableHttpResponse;
import org.apache.http.client.methods.HttpPost;
import org.apache.http.entity.mime.MultipartEntityBuilder;
import org.apache.http.impl.client.CloseableHttpClient;
import org.apache.http.impl.client.HttpClients;

/**
 * The story that stories.ts tells, through WxJava as it is published: its configuration names the host. With STORY_TOKEN=stable
 * it asks for stable tokens. Prints a line of JSON a step.
 */
public final class Story {
  private static final String server = System.getenv("DOCFERRY_URL");
  private static final String env = System.getenv("DOCFERRY_ENV_ID");
  private static final String collection = System.getenv("STORY_COLLECTION");
  private static final Gson gson = new Gson();

  public static void main(String[] arguments) throws Exception {
    var config = new WxMaDefaultConfigImpl();
    config.setAppid(System.getenv("DOCFERRY_APP_ID"));
    config.setSecret(System.getenv("DOCFERRY_APP_SECRET"));
    config.setCloudEnv(env);
    config.setApiHostUrl(server);
    config.useStableAccessToken("stable".equals(System.getenv("STORY_TOKEN")));
    var service = new WxMaServiceImpl();
    service.setWxMaConfig(config);
    var cloud = service.getCloudService();

    cloud.databaseCollectionAdd(collection);
    var listed = cloud.databaseCollectionGet(10L, 0L);
    var names = Stream.of(listed.getCollections()).map(one -> one.getName()).toList();
    tell("collections", "total", listed.getPager().getTotal(), "names", names);

    var path = "in/" + collection + ".json";
    var fileId = upload(cloud, path);
    var job = cloud.databaseMigrateImport(collection, path, 1, false, 1);
    tellEnd("import", cloud, job);

    tell("invalidate");
    System.in.read();
    var before = config.getAccessToken();
    cloud.databaseMigrateQueryInfo(job);
    tell("invalidated", "refreshed", !before.equals(config.getAccessToken()));

    job = cloud.databaseMigrateExport("out/" + collection + ".json", 1, System.getenv("STORY_QUERY"));
    tellEnd("export", cloud, job);

    var link = cloud.batchDownloadFile(new String[] {fileId}, new long[] {60}).getFileList().get(0);
    tell("download", "file_id", fileId.equals(link.getFileId()), "text", download(link.getDownloadUrl()));
    try {
      cloud.databaseMigrateQueryInfo(2147483647L);
    } catch (WxErrorException refused) {
      tell("unknown job", "code", refused.getError().getErrorCode());
    }
    var deleted = cloud.batchDeleteFile(new String[] {fileId}).getFileList().get(0);
    cloud.databaseCollectionDelete(collection);
    tell("deleted", "status", deleted.getStatus());
  }

  private static String upload(WxMaCloudService cloud, String path) throws Exception {
    var ticket = cloud.uploadFile(path);
    // As applications around WxJava write it: text parts with a charset and a transfer encoding of their own.
    var form = MultipartEntityBuilder.create()
        .addTextBody("key", path)
        .addTextBody("Signature", ticket.getAuthorization())
        .addTextBody("x-cos-security-token", ticket.getToken())
        .addTextBody("x-cos-meta-fileid", ticket.getCosFileId())
        .addBinaryBody("file", new File(System.getenv("STORY_FILE")))
        .build();
    var post = new HttpPost(ticket.getUrl());
    post.setEntity(form);
    try (CloseableHttpClient http = HttpClients.createDefault(); CloseableHttpResponse answer = http.execute(post)) {
      if (answer.getStatusLine().getStatusCode() != 204) throw new IllegalStateException(answer.toString());
    }
    return ticket.getFileId();
  }

  private static void tellEnd(String step, WxMaCloudService cloud, Long job) throws Exception {
    for (int look = 0; look < 600; look++) {
      var info = cloud.databaseMigrateQueryInfo(job);
      if (info.getStatus().equals("success") || info.getStatus().equals("fail")) {
        var text = info.getFileUrl().isEmpty() ? "" : download(info.getFileUrl());
        tell(step, "status", info.getStatus(), "success", info.getRecordSuccess(), "fail", info.getRecordFail(),
            "message", info.getErrMsg(), "text", text);
        return;
      }
      Thread.sleep(100);
    }
    throw new IllegalStateException("job " + job + " has not ended after a minute");
  }

  private static String download(String address) throws Exception {
    var request = HttpRequest.newBuilder(URI.create(address)).build();
    return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8)).body();
  }

  private static void tell(String step, Object... what) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("step", step);
    for (int at = 0; at < what.length; at += 2) line.put((String) what[at], what[at + 1]);
    System.out.println(gson.toJson(line));
  }
}
