// Made from openapi.json by npm run openapi: change that, not this.
export type JobOrder = ImportOrder | ExportOrder;

export interface ImportOrder {
  type: "import";
  /** Name of an uploaded file */
  file: string;
  /** Where the records go; it is created if it is not there */
  collection: string;
  /** json: JSON Lines, or one array of objects */
  format: "json" | "csv" | "tsv";
  /** insert: a record whose document is there already fails. upsert: replaces it. merge: sets its fields. delete: deletes it */
  mode?: "insert" | "upsert" | "merge" | "delete";
  /** Dotted paths that find a record's document (all modes but insert) */
  upsertFields?: string[];
  /** Write nothing behind the first record that fails, and fail the job */
  stopOnError?: boolean;
  /** For json: reads what MongoDB's shell writes as well, such as ObjectId(…) */
  legacy?: boolean;
  csv?: CsvImport;
}

/** For csv and tsv */
export interface CsvImport {
  /** true: the first row has the names; else the names */
  header?: true | string[];
  /** Names carry types: age.int32() */
  typed?: boolean;
  /** Empty cells become no field */
  ignoreBlanks?: boolean;
  /** What becomes of a typed cell that is not of its type */
  parseGrace?: "autoCast" | "skipField" | "skipRow" | "stop";
  /** a.0, a.1 are items of a list */
  arrayIndexes?: boolean;
  /** For csv: what stands between cells, one character of ASCII */
  separator?: string;
  /** For csv: what stands around cells that need it, one character of ASCII */
  quote?: string;
}

/** Either statement, or collection with filter, fields, sort, skip and limit */
export interface ExportOrder {
  type: "export";
  /** The name that the file gets */
  file: string;
  format: "json" | "csv";
  /** relaxed: as mongoexport writes it. lossless: relaxed, but for values that would read back as another type */
  jsonFormat?: "relaxed" | "canonical" | "lossless";
  /** One array instead of JSON Lines */
  jsonArray?: boolean;
  /** Indented */
  jsonPretty?: boolean;
  /** Fields in one order, for comparing files */
  jsonStable?: boolean;
  csv?: CsvExport;
  /** The query in the wire's language, db.collection(…)….get(): in place of collection and what follows it */
  statement?: string;
  collection?: string;
  /** Which documents, as in find. MongoDB Extended JSON: no number and no type is lost */
  filter?: Record<string, unknown>;
  /** Which of their fields: a projection, as in find. MongoDB Extended JSON: no number and no type is lost */
  fields?: Record<string, unknown>;
  /** In which order: {"age":-1}. MongoDB Extended JSON: no number and no type is lost */
  sort?: Record<string, unknown>;
  skip?: number;
  /** 0: all */
  limit?: number;
}

export interface CsvExport {
  /** Paths in order; without them those of fields, else all top-level fields, _id first */
  columns?: string[];
  /** Begin with a row of the names */
  header?: boolean;
  /** Types in the header, so that an import with typed gives the same documents */
  typed?: boolean;
}

export interface Job {
  id: number;
  type: "import" | "export";
  state: "queued" | "planning" | "running" | "finishing" | "succeeded" | "failed" | "cancelling" | "cancelled";
  environment: string;
  /** What is imported, or the name that the export gets */
  file: string;
  collection: string;
  format: "json" | "csv" | "tsv";
  /** Why the job cannot go on at the moment; null: it can */
  stalled: string | null;
  progress: Progress;
  /** null until the job has ended, and where nothing came of it */
  result: Result | null;
  /** Why the job failed; null: it did not */
  error: JobError | null;
  created: string;
  /** null: it waits */
  started: string | null;
  /** null: it has not ended */
  ended: string | null;
}

export interface Progress {
  /** What the job is doing */
  phase: "waiting" | "planning" | "importing" | "exporting" | "assembling" | "stopping" | "ended";
  /** Records done so far, rejects included. Never goes back */
  records: number;
  /** Bytes of the file read (import) or written (export) so far */
  bytes: number;
  /** Bytes to read; null: nobody can know yet */
  totalBytes: number | null;
  /** Records that failed so far */
  rejects: number;
  /** Records a second, on average since the start */
  rate: number;
  /** Seconds that are left at the pace so far; null: nobody can know, or the job has ended */
  eta: number | null;
}

export interface Result {
  /** Name of the exported file, or of the file of an import's rejects; null: there is none */
  file: string | null;
  /** Records in the file (import) or written to it (export) */
  records: number;
  /** Records that failed */
  rejects: number;
  /** Documents that were new */
  inserted: number;
  /** Documents that were changed */
  updated: number;
  /** Documents that were as the record wants them already */
  unchanged: number;
  /** Documents that were deleted */
  deleted: number;
  /** Digest of an export's documents, independent of their order; null for an import */
  digest: string | null;
  /** Exported values that will read back as another type */
  retyped: number;
  /** Cells of an exported CSV that a spreadsheet would run as a formula */
  formulas: number;
  /** What an export promises about writes that went on meanwhile; null for an import */
  consistency: "each-document-once" | null;
}

export interface JobError {
  code: string;
  message: string;
  hint: string;
}

export interface Problem {
  type: "about:blank";
  title: string;
  status: number;
  /** What is wrong, with the name and the value of it */
  detail: string;
  /** The kind of error: what a program goes by */
  code: string;
  /** What to do */
  hint: string;
  /** Whether the same request may succeed later */
  retryable: boolean;
  /** The request's id, which the log has too */
  rid: string;
}

export interface JobPage {
  items: Job[];
  /** What to give as cursor for the next page; null: this is the last one */
  nextCursor: string | null;
}

/** An event of the stream, its data read as JSON */
export type JobEvent = StateEvent | ProgressEvent | RejectEvent;

export interface StateEvent {
  id: string;
  event: "state";
  data: Job;
}

export interface ProgressEvent {
  id: string;
  event: "progress";
  data: Progress;
}

export interface RejectEvent {
  id: string;
  event: "reject";
  data: RejectDigest;
}

export interface RejectDigest {
  /** Records that failed so far */
  count: number;
  /** The first few of them */
  first: RejectReason[];
}

export interface RejectReason {
  /** Line on which the record begins, from 1 */
  line: number;
  /** Of the fault, in bytes from 1; 0: none */
  column: number;
  /** Byte offset of the record in the file */
  offset: number;
  /** The kind of fault */
  code: string;
  message: string;
  /** Of the field at fault; "": none */
  path: string;
}

export interface Reject {
  /** Line on which the record begins, from 1 */
  line: number;
  /** Of the fault, in bytes from 1; 0: none */
  column: number;
  /** Byte offset of the record in the file */
  offset: number;
  /** The kind of fault */
  code: string;
  message: string;
  /** Of the field at fault; "": none */
  path: string;
  /** The record as it was, its first 64 KiB; bytes that are no UTF-8 are shown as U+FFFD, the reject file has them as they were */
  raw: string;
  /** Bytes of the record, where raw is only its beginning */
  rawBytes?: number;
}

export interface FilePage {
  items: File[];
  /** What to give as cursor for the next page; null: this is the last one */
  nextCursor: string | null;
}

export interface File {
  name: string;
  /** Bytes */
  size: number;
  /** Hex MD5; in quotes it is the ETag */
  md5: string;
  contentType: string;
  modified: string;
}

export interface CollectionPage {
  items: Collection[];
  /** What to give as cursor for the next page; null: this is the last one */
  nextCursor: string | null;
}

export interface Collection {
  name: string;
  /** Documents */
  count: number;
  /** Bytes of BSON */
  size: number;
  /** Indexes, the one of _id among them */
  indexCount: number;
  /** Bytes of their entries */
  indexSize: number;
}

export interface AppPage {
  items: App[];
  /** What to give as cursor for the next page; null: this is the last one */
  nextCursor: string | null;
}

export interface App {
  id: string;
  created: string;
  /** Ids, oldest first */
  environments: string[];
  /** Ids of its Cloud API keys, oldest first */
  keys: string[];
}

export interface NewApp {
  /** Its id; without it a random one */
  id?: string;
  /** Its secret; without it a random one */
  secret?: string;
}

export interface AppSecret {
  id: string;
  /** Shown this once: it is stored hashed */
  secret: string;
}

export interface NewSecret {
  /** The new secret; without it a random one */
  secret?: string;
}

export interface CloudKeyPage {
  items: CloudKey[];
  /** What to give as cursor for the next page; null: this is the last one */
  nextCursor: string | null;
}

export interface CloudKey {
  secretId: string;
  app: string;
}

export interface NewCloudKey {
  /** Its id; without it a random one */
  secretId?: string;
  /** The key; without it a random one */
  secretKey?: string;
}

export interface CloudKeySecret {
  secretId: string;
  /** Shown this once: it is stored encrypted */
  secretKey: string;
  /** Both in one word, as a bearer of calls of this API */
  apiKey: string;
  app: string;
}

export interface EnvironmentPage {
  items: Environment[];
  /** What to give as cursor for the next page; null: this is the last one */
  nextCursor: string | null;
}

export interface Environment {
  id: string;
  /** Id of the app that it belongs to; null: it is a platform's */
  app: string | null;
  /** Id of the platform that it belongs to; null: it is an app's */
  platform: string | null;
  /** Ids of the apps that its platform shares it with */
  sharedWith: string[];
}

export interface NewEnvironment {
  /** Id of the app that it is to belong to */
  app?: string;
  /** Id of the platform that it is to belong to, in place of an app */
  platform?: string;
  /** Its id; without it a random one */
  id?: string;
}

export interface AccountLimits {
  requestsPerMinute: number | null;
  requestsPerDay: number | null;
  jobs: number | null;
  storedBytes: number | null;
  used: {
    /** null: without a limit for the day nothing counts them */
    requestsToday: number | null;
    jobs: number;
    storedBytes: number;
  };
  addresses: string[];
}

export interface NewAccountLimits {
  /** Requests in a minute of the clock; null or left out: no limit */
  requestsPerMinute?: number | null;
  /** Requests in a day, which begins at midnight in China; null or left out: no limit */
  requestsPerDay?: number | null;
  /** Jobs that have not ended; null or left out: no limit */
  jobs?: number | null;
  /** Bytes of files, without what docferry keeps for jobs; null or left out: no limit */
  storedBytes?: number | null;
  /** IP addresses and networks that may log in; empty or left out: all */
  addresses?: string[];
}

export interface EnvironmentLimits {
  requestsPerMinute: number | null;
  requestsPerDay: number | null;
  jobs: number | null;
  storedBytes: number | null;
  used: {
    /** null: without a limit for the day nothing counts them */
    requestsToday: number | null;
    jobs: number;
    storedBytes: number;
  };
}

export interface NewEnvironmentLimits {
  /** Requests in a minute of the clock; null or left out: no limit */
  requestsPerMinute?: number | null;
  /** Requests in a day, which begins at midnight in China; null or left out: no limit */
  requestsPerDay?: number | null;
  /** Jobs that have not ended; null or left out: no limit */
  jobs?: number | null;
  /** Bytes of files, without what docferry keeps for jobs; null or left out: no limit */
  storedBytes?: number | null;
}

export interface FailedRequest {
  rid: string;
  /** The app or platform that may look it up; null: it is not known whose it was */
  account: string | null;
  /** When it came */
  time: string;
  /** Until its answer had left */
  ms: number;
  method: string;
  /** Path and query */
  url: string;
  /** Its beginning, as text; empty where it is a file */
  body: string;
  /** As it was sent */
  answer: string;
  /** Address of the client */
  client: string;
}

export interface PlatformPage {
  items: Platform[];
  /** What to give as cursor for the next page; null: this is the last one */
  nextCursor: string | null;
}

export interface Platform {
  id: string;
  created: string;
  /** Hosts (host, or host:port) to which the consent page may lead back; none: only those of this machine */
  redirectHosts: string[];
  /** What apps let it do */
  authorizations: PlatformGrant[];
}

export interface PlatformGrant {
  /** Id of the app that authorised it */
  app: string;
  /** Numbers of permission sets, ascending. 49 or 64 opens CloudBase */
  sets: number[];
  since: string;
}

export interface NewPlatform {
  /** Its id (component appid); without it a random one */
  id?: string;
  /** Its secret; without it a random one */
  secret?: string;
  /** Hosts (host, or host:port) to which the consent page may lead back; none: only those of this machine */
  redirectHosts?: string[];
}

export interface PlatformSecret {
  id: string;
  /** Shown this once: it is stored hashed */
  secret: string;
  /** Hosts (host, or host:port) to which the consent page may lead back; none: only those of this machine */
  redirectHosts: string[];
}

export interface NewTicket {
  /** The ticket; without it a random one */
  ticket?: string;
}

export interface Ticket {
  platform: string;
  /** Shown this once: it is stored hashed */
  ticket: string;
  expires: string;
}

export interface NewAuthorization {
  /** Id of the app that authorises the platform */
  app: string;
  /** Numbers of permission sets. 49 or 64 opens CloudBase */
  sets: number[];
}

export interface Authorization {
  platform: string;
  app: string;
  /** Numbers of permission sets, ascending. 49 or 64 opens CloudBase */
  sets: number[];
  /** For api_authorizer_token; good until the app authorises anew or revokes */
  refreshToken: string;
}

/** Every call of the service's own API: its method and path. */
export const operations = {
  submitJob: { method: "POST", path: "/v1/environments/{env}/jobs" },
  listJobs: { method: "GET", path: "/v1/environments/{env}/jobs" },
  getJob: { method: "GET", path: "/v1/environments/{env}/jobs/{id}" },
  cancelJob: { method: "POST", path: "/v1/environments/{env}/jobs/{id}/cancel" },
  retryRejects: { method: "POST", path: "/v1/environments/{env}/jobs/{id}/retry-rejects" },
  watchJob: { method: "GET", path: "/v1/environments/{env}/jobs/{id}/events" },
  listRejects: { method: "GET", path: "/v1/environments/{env}/jobs/{id}/rejects" },
  getRejectFile: { method: "GET", path: "/v1/environments/{env}/jobs/{id}/rejects/file" },
  listFiles: { method: "GET", path: "/v1/environments/{env}/files" },
  putFile: { method: "PUT", path: "/v1/environments/{env}/files/{path}" },
  getFile: { method: "GET", path: "/v1/environments/{env}/files/{path}" },
  headFile: { method: "HEAD", path: "/v1/environments/{env}/files/{path}" },
  removeFile: { method: "DELETE", path: "/v1/environments/{env}/files/{path}" },
  listCollections: { method: "GET", path: "/v1/environments/{env}/collections" },
  putCollection: { method: "PUT", path: "/v1/environments/{env}/collections/{collection}" },
  dropCollection: { method: "DELETE", path: "/v1/environments/{env}/collections/{collection}" },
  listApps: { method: "GET", path: "/v1/admin/apps" },
  addApp: { method: "POST", path: "/v1/admin/apps" },
  removeApp: { method: "DELETE", path: "/v1/admin/apps/{app}" },
  rotateSecret: { method: "POST", path: "/v1/admin/apps/{app}/secret" },
  listKeys: { method: "GET", path: "/v1/admin/apps/{app}/keys" },
  addKey: { method: "POST", path: "/v1/admin/apps/{app}/keys" },
  removeKey: { method: "DELETE", path: "/v1/admin/apps/{app}/keys/{secretId}" },
  listEnvironments: { method: "GET", path: "/v1/admin/environments" },
  addEnvironment: { method: "POST", path: "/v1/admin/environments" },
  removeEnvironment: { method: "DELETE", path: "/v1/admin/environments/{env}" },
  shareEnvironment: { method: "PUT", path: "/v1/admin/environments/{env}/shares/{app}" },
  unshareEnvironment: { method: "DELETE", path: "/v1/admin/environments/{env}/shares/{app}" },
  appLimits: { method: "GET", path: "/v1/admin/apps/{app}/limits" },
  setAppLimits: { method: "PUT", path: "/v1/admin/apps/{app}/limits" },
  platformLimits: { method: "GET", path: "/v1/admin/platforms/{platform}/limits" },
  setPlatformLimits: { method: "PUT", path: "/v1/admin/platforms/{platform}/limits" },
  environmentLimits: { method: "GET", path: "/v1/admin/environments/{env}/limits" },
  setEnvironmentLimits: { method: "PUT", path: "/v1/admin/environments/{env}/limits" },
  findRequest: { method: "GET", path: "/v1/admin/requests/{rid}" },
  listPlatforms: { method: "GET", path: "/v1/admin/platforms" },
  addPlatform: { method: "POST", path: "/v1/admin/platforms" },
  removePlatform: { method: "DELETE", path: "/v1/admin/platforms/{platform}" },
  setTicket: { method: "POST", path: "/v1/admin/platforms/{platform}/tickets" },
  authorizePlatform: { method: "POST", path: "/v1/admin/platforms/{platform}/authorizations" },
  revokePlatform: { method: "DELETE", path: "/v1/admin/platforms/{platform}/authorizations/{app}" },
} as const;
