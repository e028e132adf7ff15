/** Where the embedded server and a real one differ on purpose, by scenario. Everything else must be the same. */
export const DIFFERENCES: Readonly<Record<string, string>> = {
  "server-side apply needs a field manager":
    "Server-side apply is not served: without managedFields it could only be imitated, and would lie about conflicts.",
  "Service change: headless to plain":
    "The real server makes a new version when only managedFields change; they are not kept here.",
  "finalizer: a dying object cannot be revived":
    "The real server makes a new version when only managedFields change; they are not kept here.",
};
