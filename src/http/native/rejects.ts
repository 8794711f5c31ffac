import { once } from "node:events";
import { Readable } from "node:stream";
import type { Engine } from "../../engine/engine.ts";
import type { ObjectStore } from "../../files/object-store.ts";
import type { FileIndex } from "../../store/file-index.ts";
import { apiRoute, type ApiRoute } from "../api/route.ts";
import { sendNamedFile } from "../files/send-file.ts";
import { jobIdOf } from "./jobs.ts";
import { environmentParameter, jobIdParameter, rejectSchema } from "./schemas.ts";

export interface RejectParts {
  engine: Pick<Engine, "rejects" | "rejectFile">;
  index: Pick<FileIndex, "get">;
  objects: ObjectStore;
}

const jobParameters = { env: environmentParameter, id: jobIdParameter };

/** The records of an import that failed: why, and as they were. */
export function rejectRoutes(parts: RejectParts): ApiRoute[] {
  return [listRejects(parts), getRejectFile(parts)];
}

function listRejects(parts: RejectParts): ApiRoute {
  return apiRoute({
    method: "GET",
    path: "/v1/environments/{env}/jobs/{id}/rejects",
    operationId: "listRejects",
    tag: "rejects",
    summary: "Why records failed, as JSON Lines in file order",
    description:
      "Streamed, of any number; of a job that runs, as far as it is. Nothing where no record failed.",
    access: "environment",
    parameters: jobParameters,
    answers: {
      200: {
        description: "One JSON object a line",
        content: { "application/x-ndjson": rejectSchema },
      },
    },
    errors: ["job_not_found", "file_not_found", "object_not_found"],
    async answer({ reply, environment, parameters }) {
      const controller = new AbortController();
      const id = jobIdOf(parameters);
      const found = await parts.engine.rejects(environment, id, { signal: controller.signal });
      const lines =
        "lines" in found
          ? found.lines
          : parts.objects.read(
              found.file.object,
              { from: 0, to: found.file.size },
              { signal: controller.signal },
            );
      const body = Readable.from(lines, { objectMode: false });
      // A client that has gone leaves the reading in its middle.
      body.once("close", () => controller.abort());
      // Its first piece is read here: what fails then can still be answered with an error.
      await once(body, "readable");
      void reply.header("content-type", "application/x-ndjson").send(body);
      return "sent";
    },
  });
}

function getRejectFile(parts: RejectParts): ApiRoute {
  return apiRoute({
    method: "GET",
    path: "/v1/environments/{env}/jobs/{id}/rejects/file",
    operationId: "getRejectFile",
    tag: "rejects",
    summary: "The records that failed as they were, to mend and submit again",
    description: "In the format of the import, behind its header row. With ranges, as any file.",
    access: "environment",
    parameters: jobParameters,
    answers: {
      200: { description: "The file", content: { "*/*": "binary" } },
      206: { description: "The range that was asked for", content: { "*/*": "binary" } },
      304: { description: "The client has this content already" },
    },
    errors: [
      "job_not_found",
      "file_not_found",
      "object_not_found",
      "conflict",
      "precondition_failed",
      "range_not_satisfiable",
    ],
    async answer({ request, reply, environment, parameters }) {
      const id = jobIdOf(parameters);
      const { name } = await parts.engine.rejectFile(environment, id);
      const saveAs = `job-${id}-${name.split("/").at(-1) ?? "rejects"}`;
      await sendNamedFile(request, reply, { environment, name, saveAs }, parts);
      return "sent";
    },
  });
}
