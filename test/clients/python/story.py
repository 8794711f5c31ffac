"""The story that stories.ts tells, through wechatpy as it is published. Its hosts are constants, so what points it here is an
adapter of requests. Prints a line of JSON a step."""

import json
import os
import sys
import time

import requests
from wechatpy import WeChatClient
from wechatpy.exceptions import WeChatClientException

server = os.environ["DOCFERRY_URL"]
env = os.environ["DOCFERRY_ENV_ID"]
collection = os.environ["STORY_COLLECTION"]


class Docferry(requests.adapters.HTTPAdapter):
    def send(self, request, **options):
        request.url = request.url.replace("https://api.weixin.qq.com", server)
        return super().send(request, **options)


def main():
    client = WeChatClient(os.environ["DOCFERRY_APP_ID"], os.environ["DOCFERRY_APP_SECRET"])
    client._http.mount("https://api.weixin.qq.com", Docferry())
    cloud = client.cloud

    cloud.db_add_collection(env, collection)
    listed = cloud.db_get_collection(env)
    tell(
        "collections",
        total=listed["pager"]["Total"],
        names=[one["name"] for one in listed["collections"]],
    )

    # It names the object as the file on the disk is named.
    os.chdir(os.path.dirname(os.environ["STORY_FILE"]))
    path = os.path.basename(os.environ["STORY_FILE"])
    cloud.upload_file(env, path)
    # It keeps the ticket's file id to itself, so its users put the id together.
    file_id = f"cloud://{env}.{env}/{path}"
    job = cloud.db_import(env, collection, path, 1, 1, stop_on_error=False)
    tell_end("import", cloud, job)

    tell("invalidate")
    sys.stdin.readline()
    before = client.access_token
    cloud.db_query_migrate_info(env, job)
    tell("invalidated", refreshed=client.access_token != before)

    job = cloud.db_export(env, f"out/{collection}.json", 1, os.environ["STORY_QUERY"])
    tell_end("export", cloud, job)

    (link,) = cloud.download_files(env, [{"fileid": file_id, "max_age": 60}])
    tell("download", file_id=link["fileid"] == file_id, text=fetch(link["download_url"]))
    try:
        cloud.db_query_migrate_info(env, 2147483647)
    except WeChatClientException as error:
        tell("unknown job", code=error.errcode)
    (deleted,) = cloud.delete_files(env, [file_id])
    cloud.db_delete_collection(env, collection)
    tell("deleted", status=deleted["status"])


def tell_end(step, cloud, job):
    for _ in range(600):
        info = cloud.db_query_migrate_info(env, job)
        if info["status"] in ("success", "fail"):
            tell(
                step,
                status=info["status"],
                success=info["record_success"],
                fail=info["record_fail"],
                message=info["err_msg"],
                text=fetch(info["file_url"]) if info["file_url"] else "",
            )
            return
        time.sleep(0.1)
    raise TimeoutError(f"job {job} has not ended after a minute")


def fetch(address):
    answer = requests.get(address)
    answer.raise_for_status()
    return answer.content.decode("utf-8")


def tell(step, **what):
    print(json.dumps({"step": step, **what}), flush=True)


main()
