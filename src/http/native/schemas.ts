import { type TSchema, type TSchemaOptions, Type } from "typebox";
import { largestJobId } from "../../job/job.ts";

// What the native API says and takes, in one convention: names in camel case, times as RFC 3339 text in UTC, null for what is
// not there, `items` and `nextCursor` for every list.

export const problemSchema = Type.Object(
  {
    type: Type.Literal("about:blank"),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: "What is wrong, with the name and the value of it" }),
    code: Type.String({ description: "The kind of error: what a program goes by" }),
    hint: Type.String({ description: "What to do" }),
    retryable: Type.Boolean({ description: "Whether the same request may succeed later" }),
    rid: Type.String({ description: "The request's id, which the log has too" }),
  },
  { title: "Problem", additionalProperties: false },
);

export const environmentParameter = Type.String({ description: "Id of an environment of the app" });

export const jobIdParameter = Type.Integer({
  minimum: 1,
  maximum: largestJobId,
  description: "Id of a job",
});

export const idempotencyKey = Type.String({
  minLength: 1,
  maxLength: 255,
  pattern: "^[\\x21-\\x7e]+$",
  description:
    "A name of your own for this submit: sent again with the same body it answers the same job (200 and Idempotent-Replayed: true), with another body 409. Kept as long as the job.",
});

/** One of some texts. */
export function choice<const T extends readonly string[]>(names: T, options: TSchemaOptions = {}) {
  return Type.Unsafe<T[number]>({ type: "string", enum: names, ...options });
}

function orNull<T extends TSchema>(schema: T, description: string) {
  return Type.Union([schema, Type.Null()], { description });
}

export const jobStates = [
  "queued",
  "planning",
  "running",
  "finishing",
  "succeeded",
  "failed",
  "cancelling",
  "cancelled",
] as const;

export const jobTypes = ["import", "export"] as const;

const time = () => Type.String({ format: "date-time" });
const count = (description: string) => Type.Integer({ minimum: 0, description });

export const progressSchema = Type.Object(
  {
    phase: choice(
      ["waiting", "planning", "importing", "exporting", "assembling", "stopping", "ended"],
      { description: "What the job is doing" },
    ),
    records: count("Records done so far, rejects included. Never goes back"),
    bytes: count("Bytes of the file read (import) or written (export) so far"),
    totalBytes: orNull(Type.Integer({ minimum: 0 }), "Bytes to read; null: nobody can know yet"),
    rejects: count("Records that failed so far"),
    rate: Type.Number({ minimum: 0, description: "Records a second, on average since the start" }),
    eta: orNull(
      Type.Number({ minimum: 0 }),
      "Seconds that are left at the pace so far; null: nobody can know, or the job has ended",
    ),
  },
  { title: "Progress", additionalProperties: false },
);

export const resultSchema = Type.Object(
  {
    file: orNull(
      Type.String(),
      "Name of the exported file, or of the file of an import's rejects; null: there is none",
    ),
    records: count("Records in the file (import) or written to it (export)"),
    rejects: count("Records that failed"),
    inserted: count("Documents that were new"),
    updated: count("Documents that were changed"),
    unchanged: count("Documents that were as the record wants them already"),
    deleted: count("Documents that were deleted"),
    digest: orNull(
      Type.String(),
      "Digest of an export's documents, independent of their order; null for an import",
    ),
    retyped: count("Exported values that will read back as another type"),
    formulas: count("Cells of an exported CSV that a spreadsheet would run as a formula"),
    consistency: orNull(
      Type.Literal("each-document-once"),
      "What an export promises about writes that went on meanwhile; null for an import",
    ),
  },
  { title: "Result", additionalProperties: false },
);

export const jobErrorSchema = Type.Object(
  { code: Type.String(), message: Type.String(), hint: Type.String() },
  { title: "JobError", additionalProperties: false },
);

export const jobSchema = Type.Object(
  {
    id: Type.Integer({ minimum: 1 }),
    type: choice(jobTypes),
    state: choice(jobStates),
    environment: Type.String(),
    file: Type.String({ description: "What is imported, or the name that the export gets" }),
    collection: Type.String(),
    format: choice(["json", "csv", "tsv"]),
    stalled: orNull(Type.String(), "Why the job cannot go on at the moment; null: it can"),
    progress: progressSchema,
    result: orNull(resultSchema, "null until the job has ended, and where nothing came of it"),
    error: orNull(jobErrorSchema, "Why the job failed; null: it did not"),
    created: time(),
    started: orNull(time(), "null: it waits"),
    ended: orNull(time(), "null: it has not ended"),
  },
  { title: "Job", additionalProperties: false },
);

const names = (description: string) =>
  Type.Array(Type.String({ minLength: 1 }), { minItems: 1, maxItems: 10_000, description });

const extendedJson = (description: string) =>
  Type.Object(
    {},
    { description: `${description}. MongoDB Extended JSON: no number and no type is lost` },
  );

export const importOrderSchema = Type.Object(
  {
    type: Type.Literal("import"),
    file: Type.String({ minLength: 1, description: "Name of an uploaded file" }),
    collection: Type.String({
      minLength: 1,
      description: "Where the records go; it is created if it is not there",
    }),
    format: choice(["json", "csv", "tsv"], {
      description: "json: JSON Lines, or one array of objects",
    }),
    mode: Type.Optional(
      choice(["insert", "upsert", "merge", "delete"], {
        default: "insert",
        description:
          "insert: a record whose document is there already fails. upsert: replaces it. merge: sets its fields. delete: deletes it",
      }),
    ),
    upsertFields: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        maxItems: 32,
        default: ["_id"],
        description: "Dotted paths that find a record's document (all modes but insert)",
      }),
    ),
    stopOnError: Type.Optional(
      Type.Boolean({
        default: false,
        description: "Write nothing behind the first record that fails, and fail the job",
      }),
    ),
    legacy: Type.Optional(
      Type.Boolean({
        default: false,
        description: "For json: reads what MongoDB's shell writes as well, such as ObjectId(…)",
      }),
    ),
    csv: Type.Optional(
      Type.Object(
        {
          header: Type.Optional(
            Type.Union(
              [Type.Literal(true), names("Names of the columns, dotted for nested fields")],
              {
                default: true,
                description: "true: the first row has the names; else the names",
              },
            ),
          ),
          typed: Type.Optional(
            Type.Boolean({ default: false, description: "Names carry types: age.int32()" }),
          ),
          ignoreBlanks: Type.Optional(
            Type.Boolean({ default: false, description: "Empty cells become no field" }),
          ),
          parseGrace: Type.Optional(
            choice(["autoCast", "skipField", "skipRow", "stop"], {
              default: "stop",
              description: "What becomes of a typed cell that is not of its type",
            }),
          ),
          arrayIndexes: Type.Optional(
            Type.Boolean({ default: false, description: "a.0, a.1 are items of a list" }),
          ),
          separator: Type.Optional(
            Type.String({
              minLength: 1,
              maxLength: 1,
              default: ",",
              description: "For csv: what stands between cells, one character of ASCII",
            }),
          ),
          quote: Type.Optional(
            Type.String({
              minLength: 1,
              maxLength: 1,
              default: '"',
              description: "For csv: what stands around cells that need it, one character of ASCII",
            }),
          ),
        },
        { title: "CsvImport", additionalProperties: false, description: "For csv and tsv" },
      ),
    ),
  },
  { title: "ImportOrder", additionalProperties: false },
);

export const exportOrderSchema = Type.Object(
  {
    type: Type.Literal("export"),
    file: Type.String({ minLength: 1, description: "The name that the file gets" }),
    format: choice(["json", "csv"]),
    jsonFormat: Type.Optional(
      choice(["relaxed", "canonical", "lossless"], {
        default: "relaxed",
        description:
          "relaxed: as mongoexport writes it. lossless: relaxed, but for values that would read back as another type",
      }),
    ),
    jsonArray: Type.Optional(
      Type.Boolean({ default: false, description: "One array instead of JSON Lines" }),
    ),
    jsonPretty: Type.Optional(Type.Boolean({ default: false, description: "Indented" })),
    jsonStable: Type.Optional(
      Type.Boolean({ default: false, description: "Fields in one order, for comparing files" }),
    ),
    csv: Type.Optional(
      Type.Object(
        {
          columns: Type.Optional(
            names(
              "Paths in order; without them those of fields, else all top-level fields, _id first",
            ),
          ),
          header: Type.Optional(
            Type.Boolean({ default: true, description: "Begin with a row of the names" }),
          ),
          typed: Type.Optional(
            Type.Boolean({
              default: false,
              description:
                "Types in the header, so that an import with typed gives the same documents",
            }),
          ),
        },
        { title: "CsvExport", additionalProperties: false },
      ),
    ),
    statement: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          "The query in the wire's language, db.collection(…)….get(): in place of collection and what follows it",
      }),
    ),
    collection: Type.Optional(Type.String({ minLength: 1 })),
    filter: Type.Optional(extendedJson("Which documents, as in find")),
    fields: Type.Optional(extendedJson("Which of their fields: a projection, as in find")),
    sort: Type.Optional(extendedJson('In which order: {"age":-1}')),
    skip: Type.Optional(Type.Integer({ minimum: 0, default: 0 })),
    limit: Type.Optional(Type.Integer({ minimum: 0, default: 0, description: "0: all" })),
  },
  {
    title: "ExportOrder",
    additionalProperties: false,
    description: "Either statement, or collection with filter, fields, sort, skip and limit",
  },
);

export const jobOrderSchema = Type.Union([importOrderSchema, exportOrderSchema], {
  title: "JobOrder",
});

export const fileSchema = Type.Object(
  {
    name: Type.String(),
    size: Type.Integer({ minimum: 0, description: "Bytes" }),
    md5: Type.String({ description: "Hex MD5; in quotes it is the ETag" }),
    contentType: Type.String(),
    modified: time(),
  },
  { title: "File", additionalProperties: false },
);

export const collectionSchema = Type.Object(
  {
    name: Type.String(),
    count: count("Documents"),
    size: count("Bytes of BSON"),
    indexCount: count("Indexes, the one of _id among them"),
    indexSize: count("Bytes of their entries"),
  },
  { title: "Collection", additionalProperties: false },
);

const rejectPlace = {
  line: Type.Integer({ minimum: 1, description: "Line on which the record begins, from 1" }),
  column: Type.Integer({ minimum: 0, description: "Of the fault, in bytes from 1; 0: none" }),
  offset: Type.Integer({ minimum: 0, description: "Byte offset of the record in the file" }),
  code: Type.String({ description: "The kind of fault" }),
  message: Type.String(),
  path: Type.String({ description: 'Of the field at fault; "": none' }),
};

export const rejectSchema = Type.Object(
  {
    ...rejectPlace,
    raw: Type.String({
      description:
        "The record as it was, its first 64 KiB; bytes that are no UTF-8 are shown as U+FFFD, the reject file has them as they were",
    }),
    rawBytes: Type.Optional(
      Type.Integer({ description: "Bytes of the record, where raw is only its beginning" }),
    ),
  },
  { title: "Reject", additionalProperties: false },
);

const event = (kind: string, data: TSchema) =>
  Type.Object(
    { id: Type.String(), event: Type.Literal(kind), data },
    { title: `${kind.charAt(0).toUpperCase()}${kind.slice(1)}Event`, additionalProperties: false },
  );

/** Each event of a stream, its `data` read as JSON. */
export const jobEventSchema = Type.Union(
  [
    event("state", jobSchema),
    event("progress", progressSchema),
    event(
      "reject",
      Type.Object(
        {
          count: count("Records that failed so far"),
          first: Type.Array(
            Type.Object(rejectPlace, { title: "RejectReason", additionalProperties: false }),
            { description: "The first few of them" },
          ),
        },
        { title: "RejectDigest", additionalProperties: false },
      ),
    ),
  ],
  { title: "JobEvent", description: "An event of the stream, its data read as JSON" },
);
