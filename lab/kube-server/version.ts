/** The release that this server speaks like: what the scenarios are compared with. */
export const VERSION = {
  major: "1",
  minor: "37",
  gitVersion: "v1.37.0",
  gitCommit: "",
  gitTreeState: "",
  buildDate: "1970-01-01T00:00:00Z",
  goVersion: "",
  compiler: "",
  platform: "",
};
