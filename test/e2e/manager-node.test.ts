import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { temporaryFolder } from "../support/accounts.ts";
import { afterwards } from "../support/afterwards.ts";
import { account, TestService } from "../support/service.ts";

// The vendor's own client, unmodified, as docs/clients/manager-node.md points it at a service: by variables alone.

/** As much of the client as is used here. */
interface Manager {
  database: Record<string, (...args: unknown[]) => Promise<Record<string, unknown>>>;
  storage: Record<string, (...args: unknown[]) => Promise<unknown>>;
  env: Record<string, (...args: unknown[]) => Promise<Record<string, unknown>>>;
}

const key = { secretId: "AKIDmanagernode", secretKey: "k".repeat(32) };
const records = '{"_id":1,"name":"张三"}\n{"_id":2,"name":"b"}\nno record\n';

test("manager-node imports, exports, and keeps collections and files", async (t) => {
  const { manager, path } = await start(t);
  const { database, storage } = manager(key);

  await database["createCollection"]?.("people");
  assert.equal((await database["checkCollectionExists"]?.("people"))?.["Exists"], true);
  assert.equal((await database["checkCollectionExists"]?.("nobody"))?.["Exists"], false);
  const again = await database["createCollectionIfNotExists"]?.("people");
  assert.equal(again?.["IsCreated"], false);

  await writeFile(join(path, "people.json"), records);
  const imported = await database["import"]?.(
    "people",
    { FilePath: join(path, "people.json") },
    { StopOnError: false, ConflictMode: "insert" },
  );
  const importEnd = await ended(database, imported?.["JobId"]);
  assert.deepEqual(
    [importEnd["Status"], importEnd["RecordSuccess"], importEnd["RecordFail"]],
    ["success", 2, 1],
  );
  assert.match(String(importEnd["ErrorMsg"]), /1 record failed. Line 3/);

  const listed = (await database["listCollections"]?.()) as {
    Collections: { CollectionName: string; Count: number }[];
    Pager: object;
  };
  assert.deepEqual(
    listed.Collections.map(({ CollectionName, Count }) => [CollectionName, Count]),
    [["people", 2]],
  );
  assert.deepEqual(listed.Pager, { Offset: 0, Limit: 100, Total: 1 });
  const described = await database["describeCollection"]?.("people");
  assert.equal(described?.["IndexNum"], 1);
  assert.equal((await database["distribution"]?.())?.["Total"], 1);

  const exported = await database["export"]?.(
    "people",
    { ObjectKey: "out/people.csv" },
    { Fields: " _id, name", Query: "{ _id: { $gte: 1 } }", Sort: '{"_id":-1}', Skip: 0, Limit: 9 },
  );
  const exportEnd = await ended(database, exported?.["JobId"]);
  assert.equal(exportEnd["ErrorMsg"], "Export completed.");
  const expected = "_id,name\n2,b\n1,张三\n";
  assert.equal(await (await fetch(String(exportEnd["FileUrl"]))).text(), expected);
  await storage["downloadFile"]?.({
    cloudPath: "out/people.csv",
    localPath: join(path, "people.csv"),
  });
  assert.equal(await readFile(join(path, "people.csv"), "utf8"), expected);

  await database["deleteCollection"]?.("people");
  assert.equal((await database["checkCollectionExists"]?.("people"))?.["Exists"], false);
});

test("manager-node stores a large file in parts, and reads, copies and removes it", async (t) => {
  const { manager, path } = await start(t);
  const { storage } = manager(key);
  const content = randomBytes(7 * 1024 * 1024 + 5);
  const name = "dir/ large (1) 中.bin";
  await writeFile(join(path, "large"), content);
  await storage["uploadFile"]?.({ localPath: join(path, "large"), cloudPath: name });
  const info = (await storage["getFileInfo"]?.(name)) as { Size: string };
  assert.equal(info.Size, (content.length / 1024).toFixed(2));
  await storage["downloadFile"]?.({ cloudPath: name, localPath: join(path, "back") });
  assert.ok(content.equals(await readFile(join(path, "back"))));
  await storage["copyFile"]?.({ sourcePath: name, destPath: "copy" });
  await storage["deleteFile"]?.([name]);
  await assert.rejects(storage["getTemporaryUrl"]?.([name]) ?? assert.fail());
  const found = await storage["getTemporaryUrl"]?.(["copy"]);
  const { url } = (found as { url: string }[])[0] ?? assert.fail("no address");
  const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
  assert.ok(content.equals(bytes));
});

test("manager-node lists and removes whole folders", async (t) => {
  const { manager, path } = await start(t);
  const { storage } = manager(key);
  const names = [
    "dir/a & b <1>.txt",
    "dir/sub/中.txt",
    ...Array.from({ length: 104 }, (_, n) => `dir/${n}`),
  ];
  await writeFile(join(path, "one"), "one");
  for (const cloudPath of [...names, "other/x"]) {
    await storage["uploadFile"]?.({ localPath: join(path, "one"), cloudPath });
  }
  const listed = async (folder: string) => {
    const files = (await storage["listDirectoryFiles"]?.(folder)) ?? [];
    return (files as { Key: string }[]).map(({ Key }) => Key);
  };
  // Its pages have 100 names.
  assert.deepEqual(new Set(await listed("dir")), new Set(names));
  assert.deepEqual(await listed("none"), []);
  const here = (await storage["listCurrentDirectory"]?.("dir")) as {
    files: object[];
    directories: string[];
  };
  assert.deepEqual([here.files.length, here.directories], [names.length - 1, ["dir/sub/"]]);
  await mkdir(join(path, "down"));
  await storage["downloadDirectory"]?.({ cloudPath: "dir", localPath: join(path, "down") });
  assert.equal(await readFile(join(path, "down", "sub", "中.txt"), "utf8"), "one");
  const removed = (await storage["deleteDirectory"]?.("dir")) as Record<string, object[]>;
  assert.deepEqual([removed["Deleted"]?.length, removed["Error"]], [names.length, []]);
  assert.deepEqual([await listed("dir"), await listed("other")], [[], ["other/x"]]);
});

const overTls = `
  const Client = require(process.argv[1]);
  const { storage } = new Client(JSON.parse(process.argv[2]));
  storage
    .uploadFile({ localPath: process.argv[3], cloudPath: "dir/a" })
    .then(() => storage.listDirectoryFiles("dir"))
    .then((files) => console.log(files.map(({ Key }) => Key).join()));
`;

test("manager-node goes by TLS alone, in its tunnels too", async (t) => {
  const folder = await temporaryFolder();
  afterwards(t, () => folder[Symbol.asyncDispose]());
  const [cert, keyFile, file] = ["cert.pem", "key.pem", "a"].map((name) => join(folder.path, name));
  assert.ok(cert !== undefined && keyFile !== undefined && file !== undefined);
  const names = ["tcb-api.tencentcloudapi.com", "*.cos.ap-shanghai.tencentcos.cn"];
  const subjects = ["IP:127.0.0.1", ...names.map((name) => `DNS:${name}`)].join();
  const words =
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=x";
  const made = spawnSync(
    "openssl",
    [
      ...words.split(" "),
      "-addext",
      `subjectAltName=${subjects}`,
      "-keyout",
      keyFile,
      "-out",
      cert,
    ],
    { stdio: "ignore" },
  );
  if (made.status !== 0) return t.skip("no openssl on this machine to make a certificate with");
  const { address } = await TestService.start(t, join(folder.path, "data"), {
    flags: ["--tls-cert", cert, "--tls-key", keyFile],
    variables: { DOCFERRY_SECRET_ID: key.secretId, DOCFERRY_SECRET_KEY: key.secretKey },
  });
  await writeFile(file, "a");
  const client = createRequire(
    new URL("../clients/manager-node/package.json", import.meta.url),
  ).resolve("@cloudbase/manager-node");
  const options = JSON.stringify({ ...key, envId: account.environment });
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ["-e", overTls, client, options, file],
    {
      env: {
        PATH: process.env["PATH"],
        NODE_EXTRA_CA_CERTS: cert,
        XDG_CONFIG_HOME: folder.path,
        TCB_BASE_URL: address,
        TCB_ADMIN_PROXY: address,
        TCB_COS_PROXY: address,
      },
    },
  );
  assert.equal(stdout.trim(), "dir/a", stderr);
});

test("manager-node is told what is wrong with keys, environments and arguments", async (t) => {
  const { manager, path } = await start(t);
  const failure = async (promise: Promise<unknown> | undefined) => {
    const error: unknown = await promise?.then(
      () => assert.fail("it did not fail"),
      (reason: unknown) => reason,
    );
    return error as { code: string; message: string; requestId?: string };
  };
  const status = (options: object) =>
    manager({ ...key, ...options }).database["migrateStatus"]?.(1);
  const unknown = await failure(status({ secretId: "AKIDnobody" }));
  assert.equal(unknown.code, "AuthFailure.SecretIdNotFound");
  const wrong = await failure(status({ secretKey: "x".repeat(32) }));
  assert.equal(wrong.code, "AuthFailure.SignatureFailure");
  assert.match(wrong.message, /\[DatabaseMigrateQueryInfo\] The provided credentials/);
  assert.match(wrong.requestId ?? "", /^[0-9a-f]{8}-/);
  assert.equal((await failure(status({ envId: "no-such" }))).code, "ResourceNotFound");
  assert.equal((await failure(status({}))).code, "ResourceNotFound");
  assert.equal((await failure(status({ token: "x.y" }))).code, "AuthFailure.TokenFailure");

  const { database, env } = manager(key);
  const csv = await failure(database["export"]?.("c", { ObjectKey: "a.csv" }));
  assert.equal(csv.code, "MissingParameter");
  const untyped = await failure(database["export"]?.("c", { ObjectKey: "a" }));
  assert.equal(untyped.code, "InvalidParameterValue");
  const commands = await failure(database["runCommands"]?.({ MgoCommands: [] }));
  assert.equal(commands.code, "UnsupportedOperation");
  const listed = (await env["listEnvs"]?.()) as { EnvList: { EnvId: string }[] };
  assert.deepEqual(
    listed.EnvList.map(({ EnvId }) => EnvId),
    [account.environment],
  );

  await writeFile(join(path, "a"), "a");
  const upload = manager({ ...key, secretKey: "x".repeat(32) }).storage["uploadFile"]?.({
    localPath: join(path, "a"),
    cloudPath: "a",
  });
  assert.equal((await failure(upload)).code, "AuthFailure.SignatureFailure");
});

/** A service, and its client with whatever options. */
async function start(t: TestContext) {
  const folder = await temporaryFolder();
  afterwards(t, () => folder[Symbol.asyncDispose]());
  const service = await TestService.start(t, join(folder.path, "data"), {
    variables: { DOCFERRY_SECRET_ID: key.secretId, DOCFERRY_SECRET_KEY: key.secretKey },
  });
  for (const name of ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"]) {
    delete process.env[name];
  }
  Object.assign(process.env, {
    TCB_BASE_URL: service.address,
    TCB_ADMIN_PROXY: service.address,
    TCB_COS_PROXY: service.address,
    COS_SDK_PROTOCOL: "http",
    TENCENTCLOUD_RUNENV: "SCF",
    // Where its library for COS remembers unfinished uploads.
    XDG_CONFIG_HOME: folder.path,
  });
  const load = createRequire(new URL("../clients/manager-node/package.json", import.meta.url));
  const Client = load("@cloudbase/manager-node") as new (options: object) => Manager;
  return {
    path: folder.path,
    manager: (options: object) => new Client({ envId: account.environment, ...options }),
  };
}

async function ended(
  database: Manager["database"],
  jobId: unknown,
): Promise<Record<string, unknown>> {
  for (;;) {
    const info = (await database["migrateStatus"]?.(jobId)) ?? {};
    if (info["Status"] === "success" || info["Status"] === "fail") return info;
    await sleep(20);
  }
}
