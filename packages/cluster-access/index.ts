export * from "./account.ts";
export { type Ini, parseIni } from "./ini.ts";
export { findProfile, type Profile } from "./profiles.ts";
