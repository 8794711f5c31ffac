import { mergeFields } from "./merge-fields.ts";
import type { WriteJob } from "./write-batch.ts";
import { duplicateId, largestDocument, tooLarge } from "./write-rejects.ts";

/** Inserts what is not there; what is there is a reject. */
export function insertByKey({ table, records, indexes, spec, outcome }: WriteJob): void {
  const order = records.sorted(indexes);
  const { first, present } = table.insertMany(records, order);
  outcome.inserted = order.length - present.length;
  if (spec.stopOnError && present.length > 0) {
    // Only now is it known which record fails first: what stands behind it in the file goes out again.
    const failed = present.reduce((a, b) => Math.min(a, b));
    for (let i = 0; i < order.length; i++) {
      if (order[i]! > failed && table.remove(first + i)) outcome.inserted--;
    }
    outcome.rejects.push(duplicateId(records, failed));
    return;
  }
  for (const index of present) outcome.rejects.push(duplicateId(records, index));
}

/** Inserts what is not there and replaces what is. */
export function upsertByKey({ table, records, indexes, outcome }: WriteJob): void {
  const order = records.sorted(indexes);
  const { present } = table.insertMany(records, order);
  outcome.inserted = order.length - present.length;
  for (const index of present) {
    if (table.replaceByKey(records.key(index), records.document(index))) outcome.updated++;
    else outcome.unchanged++;
  }
}

/** Inserts what is not there and sets the record's fields in what is. */
export function mergeByKey({ table, records, indexes, spec, outcome }: WriteJob): void {
  for (const index of spec.stopOnError ? indexes : records.sorted(indexes)) {
    const found = table.find(records.key(index));
    if (!found) {
      table.insert(records.key(index), records.document(index));
      outcome.inserted++;
      continue;
    }
    const merged = mergeFields(found.document, records.document(index));
    if (merged.length > largestDocument) {
      outcome.rejects.push(tooLarge(records, index, merged.length));
      if (spec.stopOnError) return;
    } else if (merged === found.document) {
      outcome.unchanged++;
    } else {
      table.replace(found.id, found.document.length, merged);
      outcome.updated++;
    }
  }
}

/** Removes what is there. A record that no document belongs to is counted as unchanged: every record is counted. */
export function deleteByKey({ table, records, indexes, outcome }: WriteJob): void {
  for (const index of records.sorted(indexes)) {
    const found = records.lacksId(index) ? undefined : table.find(records.key(index));
    if (found && table.remove(found.id)) outcome.deleted++;
    else outcome.unchanged++;
  }
}
