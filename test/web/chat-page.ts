// A conversation in a browser, by what a person sees of it.

import { randomUUID } from "node:crypto";
import type { BrowserContextOptions, Locator, Page } from "playwright-core";
import type { AppPage } from "../harness/app-page.ts";
import { installFakeAgents } from "../../packages/server/src/testing/fake-agent/programs.ts";
import { soon } from "../harness/soon.ts";
import { until } from "../harness/until.ts";
import type { WebSituation } from "../harness/web-situation.ts";
import { bigDesk, bigPhone } from "./looks.ts";

export interface Begun {
  /** Default: the demo agent, one word a millisecond. */
  readonly agent?: string;
  readonly flags?: readonly string[];
  readonly mode?: string;
  readonly variables?: Readonly<Record<string, string>>;
}

/** A conversation that nobody looks at yet; answers its session. */
export async function begin({ home }: WebSituation, name: string, begun: Begun = {}): Promise<string> {
  const { agent = "demo", flags = agent === "demo" ? ["--pace", "1"] : [], mode, variables = {} } = begun;
  const request = { agent, flags: [...flags], ...(mode === undefined ? {} : { mode }) };
  const environment = { variables: { ...home.variables, ...variables } };
  const { id } = await home.api.create({ agent: request, cwd: home.path("user"), name, environment });
  return id;
}

/** Says something from elsewhere; answers the message's id. */
export async function say({ home }: WebSituation, session: string, text: string): Promise<string> {
  const id = randomUUID();
  const answer = await home.api.send("PUT", `/api/sessions/${session}/messages/${id}`, { body: { text } });
  if (answer.status !== 200) throw new Error(`the message was refused: ${answer.status} ${answer.text}`);
  return id;
}

/** With the made-up agents found before all others. */
export function withFakes({ home }: WebSituation, agent: string): Begun {
  installFakeAgents(home.path("bin"));
  return { agent, variables: { PATH: `${home.path("bin")}:${home.variables["PATH"] ?? ""}` } };
}

export async function agentPid({ home }: WebSituation, session: string): Promise<number> {
  return until("an agent that runs", async () => {
    const { run } = await home.api.session(session);
    return run.state.is === "running" ? run.state.pid : undefined;
  });
}

export async function untilState({ home }: WebSituation, session: string, state: string): Promise<void> {
  await soon(async () => (await home.api.session(session)).chat?.state).toBe(state);
}

export interface TwoPages {
  readonly phone: ChatPage;
  readonly desk: ChatPage;
  /** By size, to be looked at. */
  readonly pages: Readonly<Record<string, Page>>;
}

/** The same conversation on two devices. */
export async function onBoth(situation: WebSituation, session: string): Promise<TwoPages> {
  const [phone, desk] = [await ChatPage.on(situation, session, bigPhone), await ChatPage.on(situation, session, bigDesk)];
  return { phone, desk, pages: { phone: phone.page, desk: desk.page } };
}

export class ChatPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** On a device of its own. */
  static async on(situation: WebSituation, session: string, options: BrowserContextOptions = {}): Promise<ChatPage> {
    return ChatPage.at(await situation.signedIn(options), session);
  }

  static async at(app: AppPage, session: string): Promise<ChatPage> {
    await app.page.goto(`${new URL(app.url).origin}/s/${session}`);
    const chat = new ChatPage(app.page);
    await chat.field.waitFor();
    await chat.transcript.waitFor();
    return chat;
  }

  get field(): Locator {
    return this.page.getByRole("textbox", { name: "Message", exact: true });
  }

  get transcript(): Locator {
    return this.page.getByRole("region", { name: "Conversation" });
  }

  get queue(): Locator {
    return this.page.getByRole("region", { name: "Queue" });
  }

  get badge(): Locator {
    return this.page.getByTestId("badge");
  }

  button(name: string): Locator {
    return this.page.getByRole("button", { name, exact: true });
  }

  /** Sent as a person does; resolves when it is kept on the device. */
  async send(text: string): Promise<void> {
    await this.field.fill(text);
    await this.page
      .getByRole("button", { name: /^(?:Send|Queue)$/ })
      .first()
      .click();
    await soon(() => this.field.inputValue()).toBe("");
  }

  /** Resolves when this is to be read in the conversation. */
  async untilSaid(text: string): Promise<void> {
    await this.transcript.getByText(text).last().waitFor();
  }

  async said(): Promise<string> {
    return this.transcript.innerText();
  }

  async isAtEnd(): Promise<boolean> {
    return this.transcript.evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight < 2);
  }
}
