export { window, windowBytes } from "./window";
export { passRows, rowLines } from "./csv-rows";
