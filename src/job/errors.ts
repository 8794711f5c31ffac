/**
 * The whole error catalogue. Each kind has the numbers it has on the wires, whether trying the same again may help, and a
 * hint for whoever reads it. Messages name the thing and the value, in sentence case, without full stop.
 *
 * `errcode` is that of protocol.md section 8; `status` that of the native API.
 */
interface ErrorKind {
  status: number;
  errcode: number;
  retryable: boolean;
  hint: string;
}

export const errorKinds = {
  // Who asks
  token_missing: {
    status: 401,
    errcode: 41001,
    retryable: false,
    hint: "Send the access token in the query of the URL",
  },
  token_unknown: { status: 401, errcode: 40014, retryable: false, hint: "Get a new access token" },
  token_superseded: {
    status: 401,
    errcode: 40001,
    retryable: false,
    hint: "Use the access token that was got last",
  },
  token_expired: { status: 401, errcode: 42001, retryable: false, hint: "Get a new access token" },
  api_unauthorized: {
    status: 403,
    errcode: 48001,
    retryable: false,
    hint: "Call it with a token of the kind that the message names",
  },
  authorization_gone: {
    status: 403,
    errcode: 61003,
    retryable: false,
    hint: "Ask the app's owner to authorise the platform (again)",
  },
  permission_set_missing: {
    status: 403,
    errcode: 61007,
    retryable: false,
    hint: "Ask the app's owner to authorise the platform with one of the named permission sets",
  },
  bearer_missing: {
    status: 401,
    errcode: 41001,
    retryable: false,
    hint: "Send the access token that POST /cgi-bin/stable_token gives, as Authorization: Bearer TOKEN",
  },
  api_key_unknown: {
    status: 401,
    errcode: 40014,
    retryable: false,
    hint: "Use a key that docferry key add has made and nobody has removed: its id, a dot, its key",
  },
  operator_key_missing: {
    status: 401,
    errcode: 41001,
    retryable: false,
    hint: "Send what stands in the file operator.key of the data folder, as Authorization: Bearer KEY",
  },
  wrong_operator_key: {
    status: 401,
    errcode: 40014,
    retryable: false,
    hint: "Send what stands in the file operator.key of the data folder",
  },
  unknown_app: {
    status: 401,
    errcode: 40013,
    retryable: false,
    hint: "Use an app of this service",
  },
  wrong_secret: {
    status: 401,
    errcode: 40125,
    retryable: false,
    hint: "Give the app's present secret, or make a new one with docferry app rotate",
  },
  app_id_missing: { status: 400, errcode: 41002, retryable: false, hint: "Send the appid" },
  secret_missing: { status: 400, errcode: 41004, retryable: false, hint: "Send the secret" },
  component_token_missing: {
    status: 401,
    errcode: 41021,
    retryable: false,
    hint: "Send the component_access_token in the query of the URL",
  },
  component_id_missing: {
    status: 400,
    errcode: 41018,
    retryable: false,
    hint: "Send the component_appid",
  },
  not_this_component: {
    status: 403,
    errcode: 61011,
    retryable: false,
    hint: "Send the component_appid of a platform, and the one that the token is of",
  },
  component_credentials: {
    status: 403,
    errcode: 61024,
    retryable: false,
    hint: "A platform gets its token by POST /cgi-bin/component/api_component_token",
  },
  wrong_ticket: {
    status: 401,
    errcode: 61006,
    retryable: false,
    hint: "Give a ticket that docferry platform ticket has set",
  },
  ticket_expired: {
    status: 401,
    errcode: 61005,
    retryable: false,
    hint: "Set a ticket with docferry platform ticket: it holds 12 hours",
  },
  code_unknown: {
    status: 400,
    errcode: 61009,
    retryable: false,
    hint: "Let the app's owner authorise again: a code is good for one use",
  },
  code_expired: {
    status: 400,
    errcode: 61010,
    retryable: false,
    hint: "Let the app's owner authorise again, and use the code sooner",
  },
  refresh_token_unknown: {
    status: 401,
    errcode: 61023,
    retryable: false,
    hint: "Use the refresh token of the latest authorisation",
  },
  invalid_grant_type: {
    status: 400,
    errcode: 40002,
    retryable: false,
    hint: "grant_type is client_credential",
  },
  // Who signs a request of the Cloud API, or one to COS
  invalid_authorization: {
    status: 401,
    errcode: 40097,
    retryable: false,
    hint: "Sign with TC3-HMAC-SHA256, content-type and host among the signed headers; COS wants q-sign-algorithm=sha1",
  },
  unknown_secret_id: {
    status: 401,
    errcode: 40097,
    retryable: false,
    hint: "Use a key that docferry key list shows; a temporary key wants its token beside it",
  },
  wrong_key_token: {
    status: 401,
    errcode: 40097,
    retryable: false,
    hint: "Get a new temporary key; with a key that is not temporary send no token",
  },
  signature_expired: {
    status: 401,
    errcode: 40097,
    retryable: false,
    hint: "Set the clock, and sign each request anew",
  },
  signature_mismatch: {
    status: 403,
    errcode: 40097,
    retryable: false,
    hint: "Check the secret key, and that nothing changes the signed headers and the body on their way",
  },
  unknown_action: {
    status: 400,
    errcode: 40066,
    retryable: false,
    hint: "The page on the Cloud API lists every action",
  },
  unknown_version: {
    status: 400,
    errcode: 40066,
    retryable: false,
    hint: "Send 2018-06-08 as X-TC-Version",
  },
  unsupported_operation: {
    status: 400,
    errcode: 40097,
    retryable: false,
    hint: "Do without it, or use a call of the native API",
  },
  // What is wrong with the frame of a request
  unknown_path: {
    status: 404,
    errcode: 40066,
    retryable: false,
    hint: "Mend the path or the method",
  },
  get_required: { status: 405, errcode: 43001, retryable: false, hint: "Send it with GET" },
  post_required: { status: 405, errcode: 43002, retryable: false, hint: "Send it with POST" },
  method_not_allowed: {
    status: 405,
    errcode: 40066,
    retryable: false,
    hint: "The answer's Allow header has the methods of this path",
  },
  body_too_slow: {
    status: 408,
    errcode: 47001,
    retryable: false,
    hint: "Send the body in one go",
  },
  body_too_large: {
    status: 413,
    errcode: 47001,
    retryable: false,
    hint: "Send a body of at most 1 MiB",
  },
  empty_body: { status: 400, errcode: 44002, retryable: false, hint: "Send a JSON object as body" },
  invalid_body: {
    status: 400,
    errcode: 47001,
    retryable: false,
    hint: "Send one JSON object in UTF-8",
  },
  // What is wrong with a request
  invalid_argument: {
    status: 400,
    errcode: 40097,
    retryable: false,
    hint: "Mend the named argument",
  },
  missing_argument: {
    status: 400,
    errcode: 40101,
    retryable: false,
    hint: "Send the named argument",
  },
  invalid_query: {
    status: 400,
    errcode: 40097,
    retryable: false,
    hint: "Mend the query at the named place",
  },
  query_too_slow: {
    status: 422,
    errcode: 40097,
    retryable: false,
    hint: "Write the expression without repetitions inside or right behind each other, as in (a+)+ or .*.*",
  },
  invalid_collection_name: {
    status: 400,
    errcode: 40097,
    retryable: false,
    hint: "A collection name is not empty, has no $ and no NUL, and does not begin with system.",
  },
  invalid_file_name: {
    status: 400,
    errcode: 40097,
    retryable: false,
    hint: "A file name has 1 to 512 bytes of UTF-8, no NUL, no leading slash, and does not begin with .docferry/",
  },
  wrong_signature: {
    status: 403,
    errcode: 40097,
    retryable: false,
    hint: "Use the address and the fields as they were given, unchanged",
  },
  address_expired: {
    status: 403,
    errcode: 40097,
    retryable: false,
    hint: "Ask for a new address",
  },
  invalid_form: {
    status: 400,
    errcode: 47001,
    retryable: false,
    hint: "Send multipart/form-data with the fields of the upload ticket and one part named file",
  },
  upload_not_found: {
    status: 404,
    errcode: 40097,
    retryable: false,
    hint: "Begin a new multipart upload",
  },
  invalid_part: {
    status: 400,
    errcode: 40097,
    retryable: false,
    hint: "List the parts in order, each with the ETag that its upload answered",
  },
  job_not_found: {
    status: 404,
    errcode: 40097,
    retryable: false,
    hint: "Use the job_id that the submit returned, with the same environment",
  },
  app_not_found: {
    status: 404,
    errcode: 40013,
    retryable: false,
    hint: "docferry app list shows every app",
  },
  platform_not_found: {
    status: 404,
    errcode: 61011,
    retryable: false,
    hint: "docferry platform list shows every platform",
  },
  authorization_not_found: {
    status: 404,
    errcode: 61003,
    retryable: false,
    hint: "docferry platform list shows what every platform may do",
  },
  key_not_found: {
    status: 404,
    errcode: 40097,
    retryable: false,
    hint: "docferry key list shows every key of an app",
  },
  environment_not_found: {
    status: 404,
    errcode: -501005,
    retryable: false,
    hint: "Use an environment of this app",
  },
  no_cloudbase: {
    status: 403,
    errcode: 85088,
    retryable: false,
    hint: "Give the app an environment first",
  },
  collection_not_found: {
    status: 404,
    errcode: -502005,
    retryable: false,
    hint: "Create the collection or import into it first",
  },
  collection_exists: {
    status: 409,
    errcode: -502013,
    retryable: false,
    hint: "Use it as it is, or drop it first",
  },
  collection_in_use: {
    status: 409,
    errcode: -502010,
    retryable: false,
    hint: "Wait until these jobs have ended, or cancel them first",
  },
  file_not_found: {
    status: 404,
    errcode: -503003,
    retryable: false,
    hint: "Upload the file first",
  },
  object_not_found: {
    status: 404,
    errcode: -503003,
    retryable: false,
    hint: "The file was removed meanwhile: upload it again and submit again",
  },
  rid_not_found: {
    status: 404,
    errcode: 76001,
    retryable: false,
    hint: "Requests that failed are kept for seven days; under many errors the oldest go sooner",
  },
  invalid_rid: {
    status: 400,
    errcode: 76002,
    retryable: false,
    hint: "Send the rid of the errmsg: three groups of eight hexadecimal digits with - between them",
  },
  foreign_rid: {
    status: 403,
    errcode: 76003,
    retryable: false,
    hint: "Ask with a token of the account whose request it was; the operator has docferry app request",
  },
  conflict: {
    status: 409,
    errcode: 40097,
    retryable: false,
    hint: "Look at the present state first",
  },
  submit_key_used: {
    status: 409,
    errcode: 40097,
    retryable: false,
    hint: "Send the very same request under this Idempotency-Key, or another key",
  },
  precondition_failed: {
    status: 412,
    errcode: 40097,
    retryable: false,
    hint: "Look at the present ETag first",
  },
  range_not_satisfiable: {
    status: 416,
    errcode: 40097,
    retryable: false,
    hint: "Ask for a range that begins within the file",
  },
  // What is wrong with a file
  invalid_file: {
    status: 422,
    errcode: 40097,
    retryable: false,
    hint: "Mend the file and submit again",
  },
  stopped_on_error: {
    status: 422,
    errcode: 40097,
    retryable: false,
    hint: "Mend the record and submit the rest, or import without stop_on_error",
  },
  // What is limited
  minute_limit: {
    status: 429,
    errcode: 45011,
    retryable: true,
    hint: "Send fewer requests a minute, or have the operator raise the limit: docferry app limit, docferry env limit",
  },
  day_limit: {
    status: 429,
    errcode: 45009,
    retryable: true,
    hint: "Wait for the next day in China, or have the operator raise the limit: docferry app limit, docferry env limit",
  },
  too_many_attempts: {
    status: 429,
    errcode: 45011,
    retryable: true,
    hint: "Mend the secret, then try again in the next minute",
  },
  too_many_jobs: {
    status: 429,
    errcode: -501004,
    retryable: true,
    hint: "Wait until a job has ended, or have the operator raise the limit",
  },
  storage_limit: {
    status: 507,
    errcode: -501017,
    retryable: false,
    hint: "Remove files, or have the operator raise the limit",
  },
  address_not_allowed: {
    status: 403,
    errcode: 40164,
    retryable: false,
    hint: "Ask from an address of the app's list, or have the operator change it: docferry app limit",
  },
  component_address_not_allowed: {
    status: 403,
    errcode: 61004,
    retryable: false,
    hint: "Ask from an address of the platform's list, or have the operator change it: docferry platform limit",
  },
  // What passes
  busy: { status: 503, errcode: -1, retryable: true, hint: "Try again in a moment" },
  draining: {
    status: 503,
    errcode: -1,
    retryable: true,
    hint: "The service is stopping: try again once it is back",
  },
  disk_full: {
    status: 507,
    errcode: -1,
    retryable: true,
    hint: "Free space on the disk of the data folder: the job goes on by itself",
  },
  store_unavailable: {
    status: 503,
    errcode: -1,
    retryable: true,
    hint: "Look at the disk of the data folder, at who may write there, and at the service's log",
  },
  // What ends an attempt, never a job
  lease_lost: {
    status: 500,
    errcode: -1000,
    retryable: true,
    hint: "A later attempt goes on with the task",
  },
  cancelled: { status: 409, errcode: 40097, retryable: false, hint: "Submit the job again" },
  // What keeps a service from starting
  invalid_config: {
    status: 500,
    errcode: -1000,
    retryable: false,
    hint: "docferry serve --help lists every option",
  },
  data_folder_in_use: {
    status: 500,
    errcode: -1000,
    retryable: false,
    hint: "Stop the other process, or use another folder or file",
  },
  newer_schema: {
    status: 500,
    errcode: -1000,
    retryable: false,
    hint: "Start the docferry version that wrote the folder, or a newer one",
  },
  secret_mismatch: {
    status: 500,
    errcode: -1000,
    retryable: false,
    hint: "Give the app's present secret, or make a new one with docferry app rotate",
  },
  // What is our fault
  internal: {
    status: 500,
    errcode: -1000,
    retryable: false,
    hint: "Please report it with the request id; the log has the stack",
  },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorKinds;

export class DocferryError extends Error {
  override readonly name = "DocferryError";
  readonly code: ErrorCode;

  /** Seconds after which the same may do better, where that is known. */
  readonly retryAfter: number | null;

  constructor(
    code: ErrorCode,
    message: string,
    options?: { cause?: unknown; retryAfter?: number },
  ) {
    super(message, options);
    this.code = code;
    this.retryAfter = options?.retryAfter ?? null;
  }

  get retryable(): boolean {
    return errorKinds[this.code].retryable;
  }

  get hint(): string {
    return errorKinds[this.code].hint;
  }
}

/** Any thrown value as one of the catalogue: what a disk refuses is told by its system error, all that is unknown is `internal`. */
export function asDocferryError(thrown: unknown): DocferryError {
  if (thrown instanceof DocferryError) return thrown;
  if (isDiskFull(thrown)) {
    return new DocferryError("disk_full", "The disk is full", { cause: thrown });
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new DocferryError(isDiskFault(thrown) ? "store_unavailable" : "internal", message, {
    cause: thrown,
  });
}

/**
 * ENOSPC and EDQUOT of files, SQLITE_FULL (13) of databases, and SQLITE_IOERR_SHMSIZE (4874): SQLite has found no room for the
 * index of its log.
 */
function isDiskFull(thrown: unknown): boolean {
  const { code, errcode } = systemError(thrown);
  return code === "ENOSPC" || code === "EDQUOT" || errcode === 13 || errcode === 4874;
}

/**
 * EIO, EROFS, EFBIG (the process may not write files of this length), EACCES and EPERM of files; SQLITE_READONLY (8), SQLITE_IOERR (10), SQLITE_CANTOPEN (14) and their
 * kinds of databases.
 */
function isDiskFault(thrown: unknown): boolean {
  const { code, errcode } = systemError(thrown);
  if (typeof code === "string" && diskFaults.has(code)) return true;
  return typeof errcode === "number" && [8, 10, 14].includes(errcode & 0xff);
}

const diskFaults: ReadonlySet<string> = new Set([
  "EIO",
  "EROFS",
  "EFBIG",
  "EACCES",
  "EPERM",
  // No more files may be open: others are closed by and by.
  "EMFILE",
  "ENFILE",
]);

function systemError(thrown: unknown): { code?: unknown; errcode?: unknown } {
  return thrown instanceof Error ? (thrown as { code?: unknown; errcode?: unknown }) : {};
}

/** An error as plain data, to cross a thread or to stand in a store. */
export interface ErrorData {
  code: ErrorCode;
  message: string;
}

export function toErrorData(thrown: unknown): ErrorData {
  const { code, message } = asDocferryError(thrown);
  return { code, message };
}

export function fromErrorData(data: ErrorData): DocferryError {
  return new DocferryError(data.code, data.message);
}
