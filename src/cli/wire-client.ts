import { DocferryError } from "../job/errors.ts";

/** An answer of the vendor's calls that is no error. */
export type WireAnswer = Record<string, unknown>;

/** The answer of `databasemigratequeryinfo`. */
export interface StatusAnswer {
  status: string;
  record_success: number;
  record_fail: number;
  error_msg: string;
  file_url: string;
}

/** Calls a service as the vendor's clients do. */
export class WireClient {
  readonly #address: string;
  readonly #environment: string;
  #token = "";

  constructor(address: string, environment: string) {
    this.#address = address;
    this.#environment = environment;
  }

  async logIn(appId: string, secret: string): Promise<void> {
    const query = new URLSearchParams({ grant_type: "client_credential", appid: appId, secret });
    const answer = await answerOf(
      await fetch(`${this.#address}/cgi-bin/token?${query.toString()}`),
    );
    this.#token = String(answer["access_token"]);
  }

  /** `POST /tcb/NAME` with the environment added. */
  async call(name: string, body: object): Promise<WireAnswer> {
    const response = await fetch(`${this.#address}/tcb/${name}?access_token=${this.#token}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ env: this.#environment, ...body }),
    });
    return answerOf(response);
  }

  async submit(name: string, body: object): Promise<number> {
    return Number((await this.call(name, body))["job_id"]);
  }

  async status(jobId: number): Promise<StatusAnswer> {
    return (await this.call("databasemigratequeryinfo", {
      job_id: jobId,
    })) as unknown as StatusAnswer;
  }

  /** Gets a ticket and posts the form, as protocol 3.1 and 3.2 say. */
  async upload(path: string, content: Blob): Promise<void> {
    const ticket = await this.call("uploadfile", { path });
    const form = new FormData();
    form.append("key", path);
    form.append("Signature", String(ticket["authorization"]));
    form.append("x-cos-security-token", String(ticket["token"]));
    form.append("x-cos-meta-fileid", String(ticket["cos_file_id"]));
    form.append("file", content, path);
    const response = await fetch(String(ticket["url"]), { method: "POST", body: form });
    if (response.status !== 204) {
      throw new DocferryError("internal", `Upload of ${path}: ${await response.text()}`);
    }
  }
}

async function answerOf(response: Response): Promise<WireAnswer> {
  const answer = (await response.json()) as WireAnswer;
  if (answer["errcode"] !== undefined && answer["errcode"] !== 0) {
    throw new DocferryError(
      "internal",
      `The service answers ${JSON.stringify(answer["errcode"])} ${JSON.stringify(answer["errmsg"])}`,
    );
  }
  return answer;
}
