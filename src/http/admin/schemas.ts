import { Type } from "typebox";

const id = (what: string) =>
  Type.String({
    pattern: "^[A-Za-z0-9_-]{1,128}$",
    description: `${what}; without it a random one`,
  });
const secret = (what: string) =>
  Type.String({
    pattern: "^[\\x21-\\x7e]{1,256}$",
    description: `${what}; without it a random one`,
  });

export const appSchema = Type.Object(
  {
    id: Type.String(),
    created: Type.String({ format: "date-time" }),
    environments: Type.Array(Type.String(), { description: "Ids, oldest first" }),
    keys: Type.Array(Type.String(), { description: "Ids of its Cloud API keys, oldest first" }),
  },
  { title: "App", additionalProperties: false },
);

export const newAppSchema = Type.Object(
  { id: Type.Optional(id("Its id")), secret: Type.Optional(secret("Its secret")) },
  { title: "NewApp", additionalProperties: false },
);

export const appSecretSchema = Type.Object(
  {
    id: Type.String(),
    secret: Type.String({ description: "Shown this once: it is stored hashed" }),
  },
  { title: "AppSecret", additionalProperties: false },
);

export const newSecretSchema = Type.Object(
  { secret: Type.Optional(secret("The new secret")) },
  { title: "NewSecret", additionalProperties: false },
);

export const keySchema = Type.Object(
  { secretId: Type.String(), app: Type.String() },
  { title: "CloudKey", additionalProperties: false },
);

export const newKeySchema = Type.Object(
  {
    secretId: Type.Optional(id("Its id")),
    secretKey: Type.Optional(secret("The key")),
  },
  { title: "NewCloudKey", additionalProperties: false },
);

export const keySecretSchema = Type.Object(
  {
    secretId: Type.String(),
    secretKey: Type.String({ description: "Shown this once: it is stored encrypted" }),
    apiKey: Type.String({ description: "Both in one word, as a bearer of calls of this API" }),
    app: Type.String(),
  },
  { title: "CloudKeySecret", additionalProperties: false },
);

export const environmentSchema = Type.Object(
  {
    id: Type.String(),
    app: Type.Union([Type.String(), Type.Null()], {
      description: "Id of the app that it belongs to; null: it is a platform's",
    }),
    platform: Type.Union([Type.String(), Type.Null()], {
      description: "Id of the platform that it belongs to; null: it is an app's",
    }),
    sharedWith: Type.Array(Type.String(), {
      description: "Ids of the apps that its platform shares it with",
    }),
  },
  { title: "Environment", additionalProperties: false },
);

export const newEnvironmentSchema = Type.Object(
  {
    app: Type.Optional(
      Type.String({ minLength: 1, description: "Id of the app that it is to belong to" }),
    ),
    platform: Type.Optional(
      Type.String({
        minLength: 1,
        description: "Id of the platform that it is to belong to, in place of an app",
      }),
    ),
    id: Type.Optional(
      Type.String({
        pattern: "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$",
        description: "Its id; without it a random one",
      }),
    ),
  },
  { title: "NewEnvironment", additionalProperties: false },
);

const limit = (what: string) =>
  Type.Optional(
    Type.Union([Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }), Type.Null()], {
      description: `${what}; null or left out: no limit`,
    }),
  );

const newLimits = {
  requestsPerMinute: limit("Requests in a minute of the clock"),
  requestsPerDay: limit("Requests in a day, which begins at midnight in China"),
  jobs: limit("Jobs that have not ended"),
  storedBytes: limit("Bytes of files, without what docferry keeps for jobs"),
};

export const newEnvironmentLimitsSchema = Type.Object(newLimits, {
  title: "NewEnvironmentLimits",
  additionalProperties: false,
});

export const newAccountLimitsSchema = Type.Object(
  {
    ...newLimits,
    addresses: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 50 }), {
        maxItems: 1000,
        description: "IP addresses and networks that may log in; empty or left out: all",
      }),
    ),
  },
  { title: "NewAccountLimits", additionalProperties: false },
);

const present = Type.Union([Type.Integer(), Type.Null()]);

const limits = {
  requestsPerMinute: present,
  requestsPerDay: present,
  jobs: present,
  storedBytes: present,
  used: Type.Object(
    {
      requestsToday: Type.Union([Type.Integer(), Type.Null()], {
        description: "null: without a limit for the day nothing counts them",
      }),
      jobs: Type.Integer(),
      storedBytes: Type.Integer(),
    },
    { additionalProperties: false },
  ),
};

export const environmentLimitsSchema = Type.Object(limits, {
  title: "EnvironmentLimits",
  additionalProperties: false,
});

export const accountLimitsSchema = Type.Object(
  { ...limits, addresses: Type.Array(Type.String()) },
  { title: "AccountLimits", additionalProperties: false },
);

export const failedRequestSchema = Type.Object(
  {
    rid: Type.String(),
    account: Type.Union([Type.String(), Type.Null()], {
      description: "The app or platform that may look it up; null: it is not known whose it was",
    }),
    time: Type.String({ format: "date-time", description: "When it came" }),
    ms: Type.Integer({ description: "Until its answer had left" }),
    method: Type.String(),
    url: Type.String({ description: "Path and query" }),
    body: Type.String({ description: "Its beginning, as text; empty where it is a file" }),
    answer: Type.String({ description: "As it was sent" }),
    client: Type.String({ description: "Address of the client" }),
  },
  { title: "FailedRequest", additionalProperties: false },
);

export const cancelJobs = Type.Object(
  {
    cancelJobs: Type.Optional(
      Type.Boolean({
        default: false,
        description: "Cancel jobs that have not ended, and wait for them; else they are a conflict",
      }),
    ),
  },
  { additionalProperties: false },
);

export const environmentIdParameter = Type.String({ description: "Id of an environment" });

export const appParameter = Type.String({ description: "Id of an app" });
