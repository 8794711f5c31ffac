import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Access } from "../../access/access.ts";
import { checkRedirect, checkSets } from "../../access/platform-rules.ts";
import { DocferryError, errorKinds } from "../../job/errors.ts";
import { httpError, isOurFault } from "../errors.ts";
import { readBody } from "../json-body.ts";
import { logError } from "../request-log.ts";
import type { Logger } from "pino";
import type { Locale } from "../wechat/job-view.ts";
import { queryParameter } from "../wechat/url-parameters.ts";
import { FormTokens } from "./form-token.ts";
import { consentPage, type ConsentQuestion, contentSecurityPolicy, faultPage } from "./page.ts";
import { consentTexts } from "./texts.ts";

/** Where platforms send an app's owner, with their code and what they ask for in the query: the vendor's own path. */
const path = "/cgi-bin/componentloginpage";

/** Whether a request is for the page: it stands among paths of calls that are not answered as a page is. */
export function isConsentPage(url: string): boolean {
  return url.startsWith(path) && (url.length === path.length || url[path.length] === "?");
}

/** What a platform asks for that says nothing of it: CloudBase, which is all that there is here. */
const defaultSets = [49];

interface ConsentParts {
  access: Access;
  /** 32 bytes, of the server key: forms are bound to browsers with it. */
  formKey: Uint8Array;
  /** The language of the page. */
  locale: Locale;
  logger: Logger;
}

/** The page on which an app's owner lets a platform act for it: its address and its form. */
export function consentRoutes(app: FastifyInstance, parts: ConsentParts): void {
  const page = new ConsentPage(parts.access, new FormTokens(parts.formKey), parts.locale);
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, _body, done) => done(null));
    scope.get(path, async (request, reply) =>
      answering(parts, request, reply, () => page.show(request, reply)),
    );
    scope.post(path, async (request, reply) =>
      answering(parts, request, reply, () => page.submit(request, reply)),
    );
  });
}

/** What the address asks: all of it is checked. */
interface Asked extends Pick<ConsentQuestion, "platformId" | "sets" | "appId" | "appIsGiven"> {
  preAuthCode: string;
  redirect: URL;
}

class ConsentPage {
  readonly #access: Access;
  readonly #forms: FormTokens;
  readonly #locale: Locale;

  constructor(access: Access, forms: FormTokens, locale: Locale) {
    this.#access = access;
    this.#forms = forms;
    this.#locale = locale;
  }

  async show(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const asked = await this.#asked(request.url);
    return this.#question(request, reply.code(200), asked, {
      chosen: asked.sets,
      appId: asked.appId,
      fault: null,
    });
  }

  async submit(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const form = new URLSearchParams(
      (
        await readBody({ raw: request.raw, body: null, bodyMs: request.docferry.bodyMs })
      ).toString(),
    );
    const asked = await this.#asked(request.url);
    const text = consentTexts[this.#locale];
    const appId = asked.appIsGiven ? asked.appId : (form.get("appid") ?? "");
    const chosen = asked.sets.filter((set) => form.getAll("set").includes(String(set)));
    const again = (status: number, fault: string) =>
      this.#question(request, reply.code(status), asked, { chosen, appId, fault });
    if (!this.#forms.matches(request.url, request.headers.cookie, form.get("form_token") ?? "")) {
      return again(403, text.staleForm);
    }
    if (chosen.length === 0) return again(400, text.noChoice);
    const refusal = await this.#refusalOf(appId, form.get("secret") ?? "", request.docferry.client);
    if (refusal !== null) return again(403, refusal);
    const { platformId, preAuthCode, redirect } = asked;
    const issued = await this.#access.platforms.consent({
      platformId,
      preAuthCode,
      appId,
      sets: chosen,
    });
    request.docferry.appId = appId;
    const target = new URL(redirect);
    target.searchParams.set("auth_code", issued.code);
    target.searchParams.set("expires_in", String(issued.expiresIn));
    return secured(reply, redirect.origin).code(303).header("location", target.href).send();
  }

  /** null: the owner has proved himself. The same words for an app that is not there. */
  async #refusalOf(appId: string, secret: string, client: string): Promise<string | null> {
    try {
      await this.#access.requireSecret({ appId, secret, client });
      return null;
    } catch (error) {
      const refusals = ["unknown_app", "wrong_secret", "component_credentials"];
      if (!(error instanceof DocferryError) || !refusals.includes(error.code)) throw error;
      return consentTexts[this.#locale].wrongSecret;
    }
  }

  #question(
    request: FastifyRequest,
    reply: FastifyReply,
    asked: Asked,
    state: Pick<ConsentQuestion, "chosen" | "appId" | "fault">,
  ): FastifyReply {
    const { token, setCookie } = this.#forms.issue(request.url, request.headers.cookie, {
      secure: request.docferry.protocol === "https",
      path,
    });
    const { platformId, sets, appIsGiven, redirect } = asked;
    const redirectHost = redirect.host;
    const question = { platformId, sets, appIsGiven, redirectHost, formToken: token, ...state };
    return sendPage(
      reply.header("set-cookie", setCookie),
      consentPage(question, this.#locale),
      redirect.origin,
    );
  }

  /** Nothing is shown, and nobody led anywhere, before all of this is known to be right. */
  async #asked(url: string): Promise<Asked> {
    const required = (name: string) => {
      const value = queryParameter(url, name);
      if (value === null) throw new DocferryError("missing_argument", `${name} is missing`);
      return value;
    };
    const platformId = required("component_appid");
    const preAuthCode = required("pre_auth_code");
    const { redirectHosts } = this.#access.platforms.platform(platformId);
    const redirect = checkRedirect(required("redirect_uri"), redirectHosts);
    await this.#access.platforms.checkPreAuthCode(platformId, preAuthCode);
    const list = queryParameter(url, "category_id_list");
    const sets = list === null ? defaultSets : checkSets(list.split("|").map(Number));
    if (sets.length > 100) throw new DocferryError("invalid_argument", "Too many permission sets");
    const appId = queryParameter(url, "biz_appid");
    return {
      platformId,
      preAuthCode,
      redirect,
      sets,
      appId: appId ?? "",
      appIsGiven: appId !== null,
    };
  }
}

/** People see this: what goes wrong is a page, too. */
async function answering(
  { logger, locale }: ConsentParts,
  request: FastifyRequest,
  reply: FastifyReply,
  answer: () => Promise<FastifyReply>,
): Promise<FastifyReply> {
  try {
    return await answer();
  } catch (thrown) {
    logError(logger, request.docferry, thrown);
    const error = httpError(thrown);
    const what = isOurFault(error) ? null : error.message;
    const { status } = errorKinds[error.code];
    return sendPage(
      reply.code(status),
      faultPage({ what, hint: error.hint, rid: request.docferry.rid }, locale),
      null,
    );
  }
}

function sendPage(reply: FastifyReply, page: string, redirectOrigin: string | null): FastifyReply {
  return secured(reply, redirectOrigin)
    .header("content-type", "text/html; charset=utf-8")
    .send(page);
}

/** The address has a code in it: it stays out of caches and of what the next page is told. */
function secured(reply: FastifyReply, redirectOrigin: string | null): FastifyReply {
  return reply.headers({
    "content-security-policy": contentSecurityPolicy(redirectOrigin),
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
  });
}
