export { window, windowBytes } from "./window";
export { passRows, rowLines } from "./csv-rows";
export { itemLines, passItems } from "./json-items";
export { maxDocuments, places, sums, sumHashes } from "./digest";
