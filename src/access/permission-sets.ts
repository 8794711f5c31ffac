import { cloudbaseSets } from "./call-rules.ts";

/** The language in which people are asked. */
type Language = "en" | "zh";

/**
 * What permission sets are called, for people who are asked for them. The vendor publishes no list by number; these are the names
 * that its pages and staff use.
 */
const texts = {
  en: {
    names: {
      1: "Messages",
      18: "Development and data analysis",
      49: "CloudBase management",
      64: "CloudBase, under its other number",
    } as Record<number, string>,
    other: (set: number) => `Permission set ${set}`,
    cloudbase:
      "Read, write and remove documents and files in all environments of the app, and run imports and exports",
    nothing: "Opens nothing on this server",
  },
  zh: {
    names: {
      1: "消息管理",
      18: "开发管理与数据分析",
      49: "云开发管理",
      64: "云开发管理（另一编号）",
    } as Record<number, string>,
    other: (set: number) => `权限集 ${set}`,
    cloudbase: "读取、写入和删除该应用所有环境中的数据与文件，并执行导入和导出",
    nothing: "在本服务器上不开放任何能力",
  },
} as const;

export function permissionSetName(set: number, language: Language): string {
  return texts[language].names[set] ?? texts[language].other(set);
}

/** What it opens on this server. */
export function permissionSetMeaning(set: number, language: Language): string {
  return cloudbaseSets.includes(set) ? texts[language].cloudbase : texts[language].nothing;
}
