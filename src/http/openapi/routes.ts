import { readFileSync } from "node:fs";
import type { FastifyInstance } from "fastify";
import type { ApiRoute } from "../api/route.ts";
import { openApiDocument } from "./document.ts";

const { version } = JSON.parse(
  readFileSync(new URL("../../../package.json", import.meta.url), "utf8"),
) as { version: string };

const files = [
  ["/docs", "explorer.html", "text/html; charset=utf-8"],
  ["/docs/explorer.js", "explorer.js", "text/javascript; charset=utf-8"],
  ["/docs/explorer.css", "explorer.css", "text/css; charset=utf-8"],
  ["/docs/explorer.svg", "explorer.svg", "image/svg+xml"],
] as const;

/** `/openapi.json`, and `/docs`: a page to read and try it, which loads nothing from anywhere else. */
export function openApiRoutes(app: FastifyInstance, routes: readonly ApiRoute[]): void {
  const document = openApiText(routes);
  app.get("/openapi.json", async (_request, reply) =>
    reply.header("content-type", "application/json; charset=utf-8").send(document),
  );
  for (const [url, file, type] of files) {
    const bytes = readFileSync(new URL(file, import.meta.url));
    app.get(url, async (_request, reply) =>
      reply
        .header("content-type", type)
        .header("content-security-policy", "default-src 'self'; frame-ancestors 'none'")
        .header("x-content-type-options", "nosniff")
        .send(bytes),
    );
  }
}

/** The document as it is served. */
export function openApiText(routes: readonly ApiRoute[]): string {
  return `${JSON.stringify(openApiDocument(routes, version), null, 2)}\n`;
}
