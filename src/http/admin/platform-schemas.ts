import { Type } from "typebox";

const sets = Type.Array(Type.Integer({ minimum: 1, maximum: 9999 }), {
  description: "Numbers of permission sets, ascending. 49 or 64 opens CloudBase",
});

const redirectHosts = Type.Array(Type.String({ minLength: 1, maxLength: 260 }), {
  description:
    "Hosts (host, or host:port) to which the consent page may lead back; none: only those of this machine",
});

export const platformParameter = Type.String({ description: "Id of a platform" });

export const platformSchema = Type.Object(
  {
    id: Type.String(),
    created: Type.String({ format: "date-time" }),
    redirectHosts,
    authorizations: Type.Array(
      Type.Object(
        {
          app: Type.String({ description: "Id of the app that authorised it" }),
          sets,
          since: Type.String({ format: "date-time" }),
        },
        { title: "PlatformGrant", additionalProperties: false },
      ),
      { description: "What apps let it do" },
    ),
  },
  { title: "Platform", additionalProperties: false },
);

export const newPlatformSchema = Type.Object(
  {
    id: Type.Optional(
      Type.String({
        pattern: "^[A-Za-z0-9_-]{1,128}$",
        description: "Its id (component appid); without it a random one",
      }),
    ),
    secret: Type.Optional(
      Type.String({
        pattern: "^[\\x21-\\x7e]{1,256}$",
        description: "Its secret; without it a random one",
      }),
    ),
    redirectHosts: Type.Optional(redirectHosts),
  },
  { title: "NewPlatform", additionalProperties: false },
);

export const platformSecretSchema = Type.Object(
  {
    id: Type.String(),
    secret: Type.String({ description: "Shown this once: it is stored hashed" }),
    redirectHosts,
  },
  { title: "PlatformSecret", additionalProperties: false },
);

export const newTicketSchema = Type.Object(
  {
    ticket: Type.Optional(
      Type.String({
        pattern: "^[\\x21-\\x7e]{1,256}$",
        description: "The ticket; without it a random one",
      }),
    ),
  },
  { title: "NewTicket", additionalProperties: false },
);

export const ticketSchema = Type.Object(
  {
    platform: Type.String(),
    ticket: Type.String({ description: "Shown this once: it is stored hashed" }),
    expires: Type.String({ format: "date-time" }),
  },
  { title: "Ticket", additionalProperties: false },
);

export const newAuthorizationSchema = Type.Object(
  {
    app: Type.String({ minLength: 1, description: "Id of the app that authorises the platform" }),
    sets: Type.Array(Type.Integer({ minimum: 1, maximum: 9999 }), {
      minItems: 1,
      description: "Numbers of permission sets. 49 or 64 opens CloudBase",
    }),
  },
  { title: "NewAuthorization", additionalProperties: false },
);

export const authorizationSchema = Type.Object(
  {
    platform: Type.String(),
    app: Type.String(),
    sets,
    refreshToken: Type.String({
      description: "For api_authorizer_token; good until the app authorises anew or revokes",
    }),
  },
  { title: "Authorization", additionalProperties: false },
);
