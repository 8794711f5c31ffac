import { Type } from "typebox";
import type { Access } from "../../access/access.ts";
import type { AuthorizationView } from "../../access/platforms.ts";
import type { IssuedToken } from "../../access/tokens.ts";
import { DocferryError } from "../../job/errors.ts";
import { type JsonObject, readJsonObject } from "../json-body.ts";
import { compileFields } from "./fields.ts";
import { componentCall } from "./component-call.ts";
import type { WireGuard } from "./guard.ts";
import type { WireRoute } from "./route.ts";

const text = Type.String({ minLength: 1 });

/** `POST /cgi-bin/component/api_component_token`: the one call of a platform that needs no token. */
export function componentToken(access: Access): WireRoute {
  const given = Type.Optional(Type.String());
  const schema = Type.Object({
    component_appid: given,
    component_appsecret: given,
    component_verify_ticket: given,
  });
  const fieldsOf = compileFields(schema);
  return {
    method: "POST",
    async answer(context) {
      const fields = fieldsOf(await readJsonObject(context));
      const {
        component_appid: platformId,
        component_appsecret: secret,
        component_verify_ticket: ticket,
      } = fields;
      if (platformId) context.namedApp = platformId;
      if (!platformId) {
        throw new DocferryError("component_id_missing", "component_appid is missing");
      }
      if (!secret) throw new DocferryError("secret_missing", "component_appsecret is missing");
      if (!ticket) throw new DocferryError("missing_argument", "component_verify_ticket");
      if (access.hasApp(platformId)) {
        throw new DocferryError("not_this_component", `${platformId} is an app, not a platform`);
      }
      const issued = await access.platforms.componentToken({
        platformId,
        secret,
        ticket,
        client: context.client,
      });
      context.appId = platformId;
      return { component_access_token: issued.token, expires_in: issued.expiresIn };
    },
  };
}

/** `POST /cgi-bin/component/api_create_preauthcode`: a code that leads an app's owner to the consent page. */
export function createPreAuthCode(guard: WireGuard, access: Access): WireRoute {
  return componentCall(guard, {
    fields: {},
    async answer(_fields, platformId) {
      const { code, expiresIn } = await access.platforms.createPreAuthCode(platformId);
      return { pre_auth_code: code, expires_in: expiresIn };
    },
  });
}

/** `POST /cgi-bin/component/api_query_auth`: what an authorisation code stands for, once. */
export function queryAuth(guard: WireGuard, access: Access): WireRoute {
  return componentCall(guard, {
    fields: { authorization_code: text },
    async answer({ authorization_code: code }, platformId) {
      const { authorization, issued } = await access.platforms.redeem(platformId, code);
      return {
        authorization_info: {
          authorizer_appid: authorization.appId,
          ...tokensOf(authorization, issued),
          func_info: functionInfo(authorization.sets),
        },
      };
    },
  });
}

/** `POST /cgi-bin/component/api_authorizer_token`: the next token for an app. */
export function authorizerToken(guard: WireGuard, access: Access): WireRoute {
  return componentCall(guard, {
    fields: { authorizer_appid: text, authorizer_refresh_token: text },
    async answer(fields, platformId) {
      const { authorization, issued } = await access.platforms.refresh(
        platformId,
        fields.authorizer_appid,
        fields.authorizer_refresh_token,
      );
      return tokensOf(authorization, issued);
    },
  });
}

/** `POST /cgi-bin/component/api_get_authorizer_info`: what is known of an app, which here is little, and what it granted. */
export function authorizerInfo(guard: WireGuard, access: Access): WireRoute {
  return componentCall(guard, {
    fields: { authorizer_appid: text },
    async answer({ authorizer_appid: appId }, platformId) {
      const authorization = access.platforms.authorization(platformId, appId);
      return {
        authorizer_info: profileOf(appId),
        authorization_info: {
          authorizer_appid: appId,
          authorizer_refresh_token: authorization.refreshToken,
          func_info: functionInfo(authorization.sets),
        },
      };
    },
  });
}

function tokensOf({ refreshToken }: AuthorizationView, issued: IssuedToken): JsonObject {
  return {
    authorizer_access_token: issued.token,
    expires_in: issued.expiresIn,
    authorizer_refresh_token: refreshToken,
  };
}

function functionInfo(sets: readonly number[]): JsonObject[] {
  return sets.map((id) => ({ funcscope_category: { id } }));
}

/** All fields that clients read without looking whether they are there. `MiniProgramInfo` says what kind of app it is. */
function profileOf(appId: string): JsonObject {
  return {
    nick_name: appId,
    head_img: "",
    service_type_info: { id: 0 },
    // Not verified.
    verify_type_info: { id: -1 },
    user_name: "",
    principal_name: "",
    alias: "",
    signature: "",
    qrcode_url: "",
    account_status: 1,
    business_info: { open_pay: 0, open_shake: 0, open_scan: 0, open_card: 0, open_store: 0 },
    MiniProgramInfo: {
      network: {
        RequestDomain: [],
        WsRequestDomain: [],
        UploadDomain: [],
        DownloadDomain: [],
      },
      categories: [],
      visit_status: 0,
    },
  };
}
