export type {
  AccountLimits,
  App,
  AppSecret,
  Authorization,
  CloudKey,
  CloudKeySecret,
  Collection,
  CsvExport,
  CsvImport,
  Environment,
  EnvironmentLimits,
  ExportOrder,
  FailedRequest,
  File,
  ImportOrder,
  Job,
  JobError,
  JobOrder,
  NewApp,
  NewAccountLimits,
  NewAuthorization,
  NewCloudKey,
  NewEnvironment,
  NewEnvironmentLimits,
  NewPlatform,
  Platform,
  PlatformGrant,
  PlatformSecret,
  Problem,
  Progress,
  Reject,
  Result,
  Ticket,
} from "./api.ts";
export { DocferryAdmin } from "./admin.ts";
export { Docferry, type DocferryOptions } from "./client.ts";
export { Collections } from "./collections.ts";
export type { CallOptions } from "./connection.ts";
export type { Credentials } from "./credentials.ts";
export {
  DocferryApiError,
  DocferryConnectionError,
  JobFailedError,
  NotDocferryError,
} from "./errors.ts";
export type { JobEvent } from "./events.ts";
export {
  type FileConditions,
  type FileContent,
  type FileHead,
  Files,
  type GetOptions,
} from "./files.ts";
export { JobHandle, Jobs, type SubmitOptions } from "./jobs.ts";
export type { RetryOptions } from "./retry.ts";
export { type MigrateInfo, WeChatCalls } from "./wechat.ts";
