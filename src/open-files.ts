/** How many files this process may have open; null where nobody says. Sockets are files. */
export function openFilesLimit(): number | null {
  const report = process.report?.getReport() as unknown as
    | { userLimits?: { open_files?: { soft: number | string } } }
    | undefined;
  const soft = report?.userLimits?.open_files?.soft;
  return typeof soft === "number" ? soft : null;
}
