/** A command line that cannot be understood: the message is one line for the user, the exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
