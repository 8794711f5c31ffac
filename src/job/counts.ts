/** What has been done with records so far. Committed together with the documents it counts. */
export interface Counts {
  /** Records seen: always `inserted + updated + unchanged + deleted + rejected` for an import; documents written for an export. */
  records: number;
  inserted: number;
  updated: number;
  /** Upserts that changed nothing: a success for the wire. */
  unchanged: number;
  deleted: number;
  rejected: number;
}

export const noCounts: Readonly<Counts> = Object.freeze({
  records: 0,
  inserted: 0,
  updated: 0,
  unchanged: 0,
  deleted: 0,
  rejected: 0,
});

export function addCounts(a: Readonly<Counts>, b: Readonly<Counts>): Counts {
  return {
    records: a.records + b.records,
    inserted: a.inserted + b.inserted,
    updated: a.updated + b.updated,
    unchanged: a.unchanged + b.unchanged,
    deleted: a.deleted + b.deleted,
    rejected: a.rejected + b.rejected,
  };
}

export function subtractCounts(a: Readonly<Counts>, b: Readonly<Counts>): Counts {
  return {
    records: a.records - b.records,
    inserted: a.inserted - b.inserted,
    updated: a.updated - b.updated,
    unchanged: a.unchanged - b.unchanged,
    deleted: a.deleted - b.deleted,
    rejected: a.rejected - b.rejected,
  };
}
