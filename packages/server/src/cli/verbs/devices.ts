/** `perdure devices` and `perdure revoke DEVICE`: who may use the server. */
import { Command } from "commander";
import type { DeviceInfo } from "@perdure/protocol";
import type { Cli } from "../cli.ts";
import { didYouMean } from "../did-you-mean.ts";
import { CommandFailure, EXIT } from "../exit-codes.ts";
import { reachServer } from "../server.ts";
import { withServerFlags, type ServerFlags } from "../server-flags.ts";
import { plainText, tableLines, type Column } from "../table.ts";
import { timeAgo } from "../times.ts";

export function devicesCommand(cli: Cli): Command {
  const command = new Command("devices").description("list the devices and scripts that may use the server");
  return withServerFlags(command)
    .option("--json", "one JSON array")
    .action(async (flags: ServerFlags & { readonly json?: true }) => {
      const devices = await (await reachServer(cli, flags)).rest.devices();
      if (flags.json) return cli.printJson(devices);
      for (const line of tableLines(columns(cli), devices, cli.style.dim, cli.room)) cli.print(line);
    });
}

export function revokeCommand(cli: Cli): Command {
  const command = new Command("revoke").description("take a device's access away; its connections are closed");
  return withServerFlags(command)
    .argument("<device>", "id, name, or the beginning of an id")
    .action(async (word: string, flags: ServerFlags) => {
      const { rest } = await reachServer(cli, flags);
      const device = resolveDevice(word, await rest.devices());
      if (device.isThis) throw new CommandFailure(EXIT.refused, "That is this command line's own access, which it could not get back.");
      await rest.revoke(device.id);
      cli.note(`"${plainText(device.name)}" has no access any more.`);
    });
}

/** The device that a word names. Throws if there is none or more than one. */
export function resolveDevice(word: string, devices: readonly DeviceInfo[]): DeviceInfo {
  const exact = devices.filter((device) => device.id === word || device.name === word);
  const found = exact.length > 0 ? exact : devices.filter((device) => word !== "" && device.id.startsWith(word));
  const [first, ...others] = found;
  if (first === undefined) {
    const hint = didYouMean(
      word,
      devices.map((device) => plainText(device.name)),
    );
    throw new CommandFailure(EXIT.unknown, `There is no device "${plainText(word)}".${hint || " `perdure devices` lists them."}`);
  }
  if (others.length === 0) return first;
  const listed = found.map((device) => `\n  ${device.id}  ${plainText(device.name)}`).join("");
  throw new CommandFailure(EXIT.unknown, `"${plainText(word)}" could be any of these; use an id:${listed}`);
}

function columns(cli: Cli): readonly Column<DeviceInfo>[] {
  const now = cli.clock.now();
  return [
    { title: "NAME", text: ({ name, isThis }) => `${name}${isThis ? " (this)" : ""}`, maxWidth: 40, leastWidth: 12, paint: cli.style.bold },
    { title: "LAST SEEN", text: (device) => timeAgo(device.lastSeenAt, now) },
    { title: "SINCE", text: (device) => timeAgo(device.createdAt, now) },
    { title: "ID", text: ({ id }) => id, leastWidth: 8, isId: true, paint: cli.style.dim },
  ];
}
