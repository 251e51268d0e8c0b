/**
 * What becomes of an answer's stream as one view sees it, told where it happens (PROTOCOL §12.9): shown to its end, stopped by whoever
 * looks at it, not to be read on, or left while it streams. An answer counts as streaming while its turn runs in what is shown.
 */
import { type ClientStreamReason, type Conversation, MAX_STREAM_DETAIL, type Stopped, type StreamReport } from "@perdure/protocol";

export class StreamWatch {
  readonly #session: string;
  readonly #note: (report: StreamReport) => void;
  #turn: string | null = null;

  constructor(session: string, note: (report: StreamReport) => void) {
    this.#session = session;
    this.#note = note;
  }

  /** This is shown now. */
  shows(conversation: Conversation): void {
    const turn = this.#turn;
    this.#turn = conversation.runningTurn;
    if (turn === null || turn === this.#turn) return;
    if (conversation.turns[turn]?.state === "completed") this.#tell("client.stream.done", turn);
  }

  /** Runs a stop that was asked for in this view. */
  async stopping(stop: () => Promise<Stopped["outcome"]>): Promise<Stopped["outcome"]> {
    const turn = this.#turn;
    const outcome = await stop();
    if (turn !== null && outcome === "interrupted") this.#tell("client.stream.user-abort", turn);
    return outcome;
  }

  /** Nothing more can be read for now. Without a stream there is nothing to tell. */
  cannotRead(why: string): void {
    if (this.#turn !== null) this.#tell("client.stream.reader-error", this.#turn, why);
  }

  /** The view is left, for another or for the same drawn anew. */
  left(): void {
    if (this.#turn !== null) this.#tell("client.stream.view-remount", this.#turn);
    this.#turn = null;
  }

  #tell(code: ClientStreamReason, turn: string, detail?: string): void {
    const why = detail === undefined ? {} : { detail: detail.slice(0, MAX_STREAM_DETAIL) };
    this.#note({ code, session: this.#session, turn, ...why });
  }
}
