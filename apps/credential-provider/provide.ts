import type { Secret, TlsOptions, Transport } from "@ccm/base";
import type { Account } from "@ccm/cluster-access";
import { createCredentialProvider, formatAnswer, parseRequest } from "@ccm/image-registry";
import { createKubeClient } from "@ccm/kube";
import type { Command } from "commander";
import { type AccountOptions, accountArgs, flag, openAccountOf, registriesOf, wholeNumber } from "./account.ts";
import { type Io, NAME, UsageFault } from "./io.ts";

/** Those of answering the kubelet. */
export interface ProvideOptions extends AccountOptions {
  readonly apiServer?: string;
  readonly apiServerCa?: string;
  readonly timeout: string;
}

export function withServer(command: Command): Command {
  return command
    .option("--api-server <url>", "where Secrets of service accounts are read (see --audience of the command config)")
    .option("--api-server-ca <file>", "certificates to trust for it, in PEM")
    .option("--timeout <seconds>", "for one answer, 1 to 55; the kubelet waits a minute", "45");
}

export function provideArgs(options: ProvideOptions): readonly string[] {
  const { apiServer, apiServerCa, timeout } = options;
  return [
    ...accountArgs(options),
    ...flag("api-server", apiServer),
    ...flag("api-server-ca", apiServerCa),
    ...flag("timeout", timeout === "45" ? undefined : timeout),
  ];
}

/** What is wrong with a command line is found when it is written, and not at the first pull. */
export function checkedOptions(options: ProvideOptions) {
  const { apiServer } = options;
  if (apiServer !== undefined && !/^https:\/\/[^/?#@\s]+\/?$/i.test(apiServer)) {
    throw new UsageFault("--api-server: expected a URL such as https://10.0.0.1:6443, without a path");
  }
  return {
    registries: registriesOf(options),
    passwordHours: wholeNumber("password-hours", options.passwordHours, 1, 24),
    timeoutMs: wholeNumber("timeout", options.timeout, 1, 55) * 1000,
  };
}

/** Answers the one request on stdin. */
export async function provide(options: ProvideOptions, io: Io): Promise<void> {
  const { apiServer, apiServerCa } = options;
  const { clock, openTransport } = io;
  const checked = checkedOptions(options);
  const input = await io.readInput();
  if (input === undefined) {
    throw new UsageFault("expected a CredentialProviderRequest on stdin: the kubelet starts this (see --help)");
  }
  const request = parseRequest(input);
  // Not opened for a service account with a login of its own: a node then needs none.
  let account: Promise<Account> | undefined;
  const server = apiServer === undefined ? undefined : openTransport(await tlsOf(apiServerCa, io));
  const connect = server && ((token: Secret) => kubeOf(apiServer ?? "", server.send, token, io));
  try {
    const answer = createCredentialProvider({
      ...checked,
      api: async (region) => {
        account ??= openAccountOf(options, io);
        return (await account).client(region).ccr;
      },
      ...(connect ? { connect } : {}),
      clock,
    });
    io.out(formatAnswer(await answer(request, io.signal)));
  } finally {
    await Promise.all([account?.then((opened) => opened.close()).catch(() => {}), server?.close()]);
  }
}

function kubeOf(baseUrl: string, send: Transport, token: Secret, { clock, random }: Io) {
  const authorize = async () => ({ authorization: `Bearer ${token.reveal()}` });
  return createKubeClient({ baseUrl, send, clock, random, userAgent: NAME, authorize });
}

async function tlsOf(path: string | undefined, io: Io): Promise<TlsOptions> {
  if (path === undefined) return {};
  try {
    return { ca: await io.readFile(path) };
  } catch {
    throw new UsageFault(`--api-server-ca ${path}: cannot be read`);
  }
}
