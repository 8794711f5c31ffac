import { type Markup, markup } from "./markup.ts";
import type { Locale } from "../wechat/job-view.ts";

/** What the consent page says, in a language. */
export interface ConsentTexts {
  /** Of the page, as BCP 47 has it. */
  language: string;
  title: (platform: string) => string;
  asks: (platform: Markup) => Markup;
  untilEnded: string;
  mayUse: string;
  show: string;
  appId: string;
  secret: string;
  secretNote: string;
  authorise: string;
  ledOn: (host: Markup) => Markup;
  refuse: string;
  /** What was wrong with a try. */
  staleForm: string;
  noChoice: string;
  wrongSecret: string;
  /** Of the page on which nothing can be asked. */
  cannotGoOn: string;
  failed: string;
  request: string;
}

export const consentTexts: Readonly<Record<Locale, ConsentTexts>> = {
  en: {
    language: "en",
    title: (platform) => `Let ${platform} act for your app?`,
    asks: (platform) =>
      markup`The platform ${platform} asks to call this server on your app's behalf.`,
    untilEnded: "It can do so until you or the operator end it.",
    mayUse: "It may use",
    show: "Show that the app is yours",
    appId: "App id",
    secret: "App secret",
    secretNote: "The secret is checked here and goes to nobody.",
    authorise: "Authorise",
    ledOn: (host) => markup`You will be led on to ${host}.`,
    refuse: "To say no, close this page: nothing is granted then.",
    staleForm: "This form was not filled in here, or its page is too old: try once more",
    noChoice: "Choose what the platform may use",
    wrongSecret: "App id and secret do not belong together",
    cannotGoOn: "This authorisation cannot go on",
    failed: "The service failed",
    request: "Request",
  },
  zh: {
    language: "zh-CN",
    title: (platform) => `允许 ${platform} 代表您的应用操作吗？`,
    asks: (platform) => markup`平台 ${platform} 请求代表您的应用调用本服务器。`,
    untilEnded: "在您或管理员取消授权之前，该授权一直有效。",
    mayUse: "可使用的权限",
    show: "证明应用属于您",
    appId: "应用 ID（AppID）",
    secret: "应用密钥（AppSecret）",
    secretNote: "密钥仅在本服务器上校验，不会提供给任何人。",
    authorise: "授权",
    ledOn: (host) => markup`授权后将跳转到 ${host}。`,
    refuse: "如不同意，请关闭本页面，不会授予任何权限。",
    staleForm: "此表单不是在本页面填写的，或页面已过期，请重试",
    noChoice: "请选择平台可使用的权限",
    wrongSecret: "应用 ID 与密钥不匹配",
    cannotGoOn: "无法继续授权",
    failed: "服务出错",
    request: "请求编号",
  },
};
