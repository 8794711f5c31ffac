import { Type } from "typebox";
import type { Access } from "../../access/access.ts";
import { checkFileName, hiddenPrefix } from "../../files/file-name.ts";
import { downloadAddress } from "../../files/signed-url.ts";
import { DocferryError } from "../../job/errors.ts";
import type { FileIndex } from "../../store/file-index.ts";
import { parseFileId } from "../files/file-id.ts";
import { issueTicket } from "../files/upload-ticket.ts";
import { environmentCall } from "./environment-call.ts";
import type { WireGuard } from "./guard.ts";
import type { WireRoute } from "./route.ts";

export interface StorageParts {
  index: Pick<FileIndex, "get" | "remove" | "list" | "rooms">;
  access: Pick<Access, "addressKeyFor">;
}

/** Items of one call. */
const itemLimit = 50;
/** Seconds that a download address is good for where the call does not say. */
const defaultMaxAge = 7200;

/** `POST /tcb/uploadfile` */
export function uploadFile(guard: WireGuard, { index, access }: StorageParts): WireRoute {
  return environmentCall(guard, {
    fields: { path: Type.String({ minLength: 1 }) },
    read: (fields) => checkFileName(fields.path),
    async answer(name, { environment, caller, baseUrl, now }) {
      for (const { of, limit, bytes } of await index.rooms(environment, name)) {
        if (bytes > 0) continue;
        throw new DocferryError("storage_limit", `${of} may store ${limit} bytes, and does`);
      }
      return {
        ...issueTicket(
          { environment, name, baseUrl, now },
          access.addressKeyFor(caller, environment),
        ),
      };
    },
  });
}

/** `POST /tcb/batchdownloadfile`: an address for each file that is there. */
export function batchDownloadFile(guard: WireGuard, { index, access }: StorageParts): WireRoute {
  const item = Type.Object({
    fileid: Type.String({ minLength: 1 }),
    max_age: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1, default: defaultMaxAge }),
    ),
  });
  return environmentCall(guard, {
    fields: { file_list: Type.Array(item, { maxItems: itemLimit }) },
    read: (fields) => fields.file_list,
    async answer(items, { environment, caller, baseUrl, now }) {
      const { key, sharedWith } = access.addressKeyFor(caller, environment);
      const list = items.map(async ({ fileid, max_age }) => {
        const name = nameIn(environment, fileid);
        const found = name !== null && (await index.get(environment, name)) !== undefined;
        // A zero is what clients send that were told nothing.
        const expiresAt = Math.floor(now / 1000) + (max_age || defaultMaxAge);
        return {
          fileid,
          // Some clients read this name.
          file_id: fileid,
          download_url: found
            ? downloadAddress(
                baseUrl,
                { environment, name, expiresAt, saveAs: null, sharedWith },
                key,
              )
            : "",
          ...outcome(found),
        };
      });
      return { file_list: await Promise.all(list) };
    },
  });
}

/** `POST /tcb/batchdeletefile` */
export function batchDeleteFile(guard: WireGuard, { index }: StorageParts): WireRoute {
  return environmentCall(guard, {
    fields: {
      fileid_list: Type.Array(Type.String({ minLength: 1 }), { maxItems: itemLimit }),
    },
    read: (fields) => fields.fileid_list,
    async answer(fileids, { environment }) {
      const list = fileids.map(async (fileid) => {
        const name = nameIn(environment, fileid);
        // What docferry keeps for a job can be read like any file, and goes with its job.
        const removable = name !== null && !name.startsWith(hiddenPrefix);
        const removed = removable && (await index.remove(environment, name));
        return { fileid, ...outcome(removed) };
      });
      return { delete_list: await Promise.all(list) };
    },
  });
}

/** null for what is no file of this environment. */
function nameIn(environment: string, fileid: string): string | null {
  const parsed = parseFileId(fileid);
  return parsed?.environment === environment ? parsed.name : null;
}

function outcome(found: boolean): { status: number; errmsg: string } {
  return found ? { status: 0, errmsg: "ok" } : { status: 1, errmsg: "STORAGE_FILE_NONEXIST" };
}
