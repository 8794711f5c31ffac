import {
  bodyGoesOnce,
  type CallOptions,
  type Connection,
  connectionError,
  signalOf,
} from "./connection.ts";
import { wireAnswer } from "./credentials.ts";
import { DocferryApiError } from "./errors.ts";

/** What `databasemigratequeryinfo` answers. */
export interface MigrateInfo {
  status: "waiting" | "reading" | "writing" | "migrating" | "success" | "fail";
  record_success: number;
  record_fail: number;
  error_msg: string;
  file_url: string;
}

/** The vendor's calls of the database migration, with the vendor's own names. */
export class WeChatCalls {
  readonly #connection: Connection;
  readonly #environment: string;

  constructor(connection: Connection, environment: string) {
    this.#connection = connection;
    this.#environment = environment;
  }

  /** @returns `job_id` */
  async databaseMigrateImport(
    order: {
      collection_name: string;
      file_path: string;
      /** 1 JSON, 2 CSV */
      file_type: 1 | 2;
      stop_on_error: boolean;
      /** 1 INSERT, 2 UPSERT */
      conflict_mode: 1 | 2;
    },
    options: CallOptions = {},
  ): Promise<number> {
    return Number((await this.call("databasemigrateimport", order, options))["job_id"]);
  }

  /** @returns `job_id` */
  async databaseMigrateExport(
    order: { file_path: string; file_type: 1 | 2; query: string },
    options: CallOptions = {},
  ): Promise<number> {
    return Number((await this.call("databasemigrateexport", order, options))["job_id"]);
  }

  async databaseMigrateQueryInfo(jobId: number, options: CallOptions = {}): Promise<MigrateInfo> {
    const answer = await this.call("databasemigratequeryinfo", { job_id: jobId }, options);
    return answer as unknown as MigrateInfo;
  }

  /** Gets a ticket and posts the form. */
  async uploadFile(path: string, content: Blob, options: CallOptions = {}): Promise<void> {
    const ticket = await this.call("uploadfile", { path }, options);
    const field = (name: string) => ticket[name] as string;
    const form = new FormData();
    form.append("key", path);
    form.append("Signature", field("authorization"));
    form.append("x-cos-security-token", field("token"));
    form.append("x-cos-meta-fileid", field("cos_file_id"));
    form.append("file", content, path);
    const response = await this.#connection.fetch(field("url"), {
      method: "POST",
      body: form,
      ...bodyGoesOnce,
      ...signalOf(options),
    });
    if (response.status === 204) return;
    throw new DocferryApiError(response.status, {
      detail: `Upload of ${path}: ${await response.text()}`,
      code: "upload_refused",
      hint: "Get a new ticket and try again",
      retryable: response.status >= 500,
      rid: null,
    });
  }

  /** Any call below `/tcb/`, with the environment added. */
  async call(
    name: string,
    body: object,
    options: CallOptions = {},
  ): Promise<Record<string, unknown>> {
    if (!this.#connection.tokens.isForWeChat) {
      throw new TypeError("The vendor's calls take no API key: give appId and secret, or a token");
    }
    for (let fresh = false; ; fresh = true) {
      const token = await this.#connection.tokens.token({ fresh, ...signalOf(options) });
      try {
        return await this.#post(name, body, token, options);
      } catch (error) {
        const isOver =
          error instanceof DocferryApiError && ["40001", "40014", "42001"].includes(error.code);
        if (!isOver || fresh || !this.#connection.tokens.canRenew) throw error;
      }
    }
  }

  async #post(name: string, body: object, token: string, options: CallOptions) {
    const url = `${this.#connection.address}/tcb/${name}?access_token=${encodeURIComponent(token)}`;
    let response: Response;
    try {
      response = await this.#connection.fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ env: this.#environment, ...body }),
        ...signalOf(options),
      });
    } catch (error) {
      options.signal?.throwIfAborted();
      throw connectionError(url, error);
    }
    return wireAnswer(response);
  }
}
