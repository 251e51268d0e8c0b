import "./main.css";
import {
  browserSurroundings,
  browserTabs,
  createClient,
  createRest,
  openMessages,
  openPendingInput,
  type ChatClientOptions,
  type Client,
} from "@perdure/client";
import { STREAM_LOG_PREFIX } from "@perdure/protocol";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { openPageDrafts } from "./keep/page-drafts.ts";
import { deviceName } from "./signin/device-name.ts";
import { followViewport } from "./ui/follow-viewport.ts";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no element #root");

const rest = createRest({ baseUrl: "" });
const pendingInput = openPendingInput();
const chatOptions: ChatClientOptions = {
  messages: openMessages(),
  tabs: browserTabs(),
  surroundings: browserSurroundings(),
  onStream: ({ code, ...about }) => console.info(`${STREAM_LOG_PREFIX} ${code}`, about),
  onProblem: (error) => console.warn("A conversation reported a problem:", error),
};

function connect(): Client {
  return createClient({
    url: () => `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}/api/socket`,
    client: { kind: "web", name: deviceName(navigator.userAgent, navigator.maxTouchPoints), version: "0.1.0" },
    surroundings: browserSurroundings(),
    pendingInput,
    onProblem: (error) => console.warn("The connection reported a problem:", error),
  });
}

followViewport(window);
const drafts = openPageDrafts(window);
createRoot(root).render(<App rest={rest} connect={connect} chatOptions={chatOptions} drafts={drafts} />);
