import type { RefusedOption } from "./values.ts";

// The options of mongoimport and mongoexport 100.18 that docferry does not take, and why. Each is refused by name:
// one that is taken and then ignored would lie.

const connection =
  "it says how to reach a MongoDB server; docferry works on sqlite:FILE or, with --server, on a docferry service";
const logIn = "a docferry service is used with --token, or with --app-id and --app-secret";
const tls = "the certificates of the system are used; NODE_EXTRA_CA_CERTS names a file with more";
const tuning = "it tunes a connection to a MongoDB server, and there is none";

const both: readonly RefusedOption[] = [
  ...["--uri", "--host", "--port"].map((flags) => ({ flags, reason: connection })),
  {
    flags: "-d, --db",
    reason:
      "a database is named by sqlite:FILE, or by --env where a docferry service has several environments",
  },
  ...[
    "-u, --username",
    "-p, --password",
    "--authenticationDatabase",
    "--authenticationMechanism",
    "--awsSessionToken",
    "--gssapiServiceName",
    "--gssapiHostName",
  ].map((flags) => ({ flags, reason: logIn })),
  ...[
    "--ssl",
    "--sslCAFile",
    "--sslPEMKeyFile",
    "--sslPEMKeyPassword",
    "--sslCRLFile",
    "--sslFIPSMode",
    "--sslAllowInvalidCertificates",
    "--sslAllowInvalidHostnames",
    "--tlsInsecure",
  ].map((flags) => ({ flags, reason: tls })),
  ...[
    "--dialTimeout",
    "--socketTimeout",
    "--TCPKeepAliveSeconds",
    "--serverSelectionTimeout",
    "--compressors",
    "--numThreads",
    "--failpoints",
    "--trace",
  ].map((flags) => ({ flags, reason: tuning })),
  {
    flags: "--config",
    reason:
      "it holds passwords for MongoDB; secrets come from DOCFERRY_TOKEN or DOCFERRY_APP_SECRET",
  },
];

export const refusedByImport: readonly RefusedOption[] = [
  ...both,
  {
    flags: "--bypassDocumentValidation",
    reason: "collections of these databases have no validation rules that could be passed by",
  },
  {
    flags: "--writeConcern",
    reason: "a record counts as written only once it is on the disk, whatever else is asked for",
  },
  { flags: "--batchSize", reason: "batches are cut by bytes at record boundaries" },
];

export const refusedByExport: readonly RefusedOption[] = [
  ...both,
  {
    flags: "--readPreference",
    reason: "there is one copy of the data, which is always the one that is read",
  },
  {
    flags: "-k, --slaveOk",
    reason: "there is one copy of the data, which is always the one that is read",
  },
  {
    flags: "--forceTableScan",
    reason: "an export without query reads the collection in key order anyway",
  },
];
