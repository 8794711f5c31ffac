import type { Access, AppCredentials } from "../../access/access.ts";
import type { IssuedToken } from "../../access/tokens.ts";
import { DocferryError } from "../../job/errors.ts";
import { type JsonObject, readJsonObject } from "../json-body.ts";
import type { WireRoute } from "./route.ts";
import { queryParameter } from "./url-parameters.ts";

/** `GET /cgi-bin/token`: a new token with each call; the one before holds for five more minutes. */
export function plainToken(access: Access): WireRoute {
  return {
    method: "GET",
    async answer(context) {
      const credentials = credentialsOf((name) => queryParameter(context.url, name) ?? undefined);
      const issued = await access.appToken({ ...credentials, client: context.client });
      context.appId = credentials.appId;
      return answerOf(issued);
    },
  };
}

/** `POST /cgi-bin/stable_token`: the same token until its last five minutes, unless a refresh is forced. */
export function stableToken(access: Access): WireRoute {
  return {
    method: "POST",
    async answer(context) {
      const body = await readJsonObject(context);
      const named = body["appid"];
      if (typeof named === "string") context.namedApp = named;
      const credentials = credentialsOf((name) => (Object.hasOwn(body, name) ? body[name] : ""));
      const forceRefresh = forceRefreshOf(body);
      const issued = await access.stableToken({
        ...credentials,
        client: context.client,
        forceRefresh,
      });
      context.appId = credentials.appId;
      return answerOf(issued);
    },
  };
}

/** What is missing comes before what is wrong. */
function credentialsOf(field: (name: string) => unknown): AppCredentials {
  const [appId, secret, grantType] = [field("appid"), field("secret"), field("grant_type")];
  if (isMissing(appId)) throw new DocferryError("app_id_missing", "appid is missing");
  if (isMissing(secret)) throw new DocferryError("secret_missing", "secret is missing");
  if (grantType !== "client_credential") {
    throw new DocferryError("invalid_grant_type", "grant_type is not client_credential");
  }
  if (typeof appId !== "string") throw new DocferryError("unknown_app", "appid is not a string");
  if (typeof secret !== "string") throw new DocferryError("wrong_secret", "secret is no string");
  return { appId, secret };
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}

function forceRefreshOf(body: JsonObject): boolean {
  const force = Object.hasOwn(body, "force_refresh") ? body["force_refresh"] : false;
  if (typeof force === "boolean") return force;
  throw new DocferryError("invalid_argument", "force_refresh must be boolean");
}

/** Without errcode: clients take its presence for a failure here. */
function answerOf({ token, expiresIn }: IssuedToken): JsonObject {
  return { access_token: token, expires_in: expiresIn };
}
