// The messages between the page and the session, as types. The session is purenn/playground/session.py.

/**
 * @typedef {number | null} Figure a number; null where there is none, or where it is infinite
 *
 * @typedef {{ do: string, [field: string]: unknown }} Command
 *
 * @typedef {{ pixels: string, low: Figure, high: Figure }} HeatMap
 *   bytes in base64, row by row from the top: 0 stands for low, 255 for high
 *
 * @typedef {{ name: string, samples: number, noise: number, test: number, seed: number,
 *   points: PointRow[] | null, classes?: string[], inputs?: string[] }} DataSettings
 * @typedef {{ units: number, activation: string, dropout: number, normalization: string }} LayerSettings
 * @typedef {{ name: string, learning_rate: number, options: Record<string, number | boolean> }} OptimizerSettings
 * @typedef {{ name: string, epochs: number }} ScheduleSettings
 * @typedef {{ optimizer: OptimizerSettings, schedule: ScheduleSettings }} Rival
 * @typedef {{ data: DataSettings, features: string[], layers: LayerSettings[], initializer: string, loss: string,
 *   optimizer: OptimizerSettings, schedule: ScheduleSettings, batch_size: number, l1: number, l2: number, seed: number,
 *   stop_at: Figure, speed: number, rival: Rival | null }} Settings
 *
 * @typedef {[x1: number, x2: number, target: number, part: "train" | "test"]} PointRow
 * @typedef {[epoch: number, loss: Figure, testLoss: Figure, accuracy: Figure, testAccuracy: Figure]} EpochRow
 *
 * @typedef {{ frame: "hello", version: string, python: string, resumed: boolean }} HelloFrame
 * @typedef {{ name: string, task: string, classes: number, features: number, noise: number,
 *   points: [number, number, number][] }} DataOption
 * @typedef {{ name: string, learning_rate: number, options: Record<string, number | boolean> }} OptimizerOption
 * @typedef {{ frame: "options", usual: Settings, data: DataOption[], activations: string[], normalizations: string[],
 *   initializers: string[], losses: Record<string, string[]>, optimizers: OptimizerOption[], schedules: string[],
 *   features: string[], pictures: string[], limits: Record<string, number> }} OptionsFrame
 * @typedef {{ frame: "settings" } & Settings} SettingsFrame
 * @typedef {{ frame: "data", points: PointRow[], range: [number, number], targets: [number, number], task: string,
 *   classes: string[], inputs: string[], features: ({ name: string } & HeatMap)[], by_hand: boolean,
 *   note: string }} DataFrame
 * @typedef {{ loss: Figure, test_loss: Figure, accuracy: Figure, test_accuracy: Figure, history: EpochRow[],
 *   outputs: HeatMap[] | null, finding: string }} RivalState
 * @typedef {{ frame: "state", epoch: number, batch: number, playing: boolean, restart: boolean, loss: Figure,
 *   test_loss: Figure, accuracy: Figure, test_accuracy: Figure, rate: Figure, history: EpochRow[],
 *   weights: Figure[][][], biases: Figure[][], gradients: Figure[], maps: HeatMap[][] | null, side: number,
 *   words: string[], finding: string, rival: RivalState | null, undo: number, redo: number }} StateFrame
 *   weights: for each layer a row for each input, with a number for each unit. maps: null where nothing has changed
 * @typedef {{ name: string, values: Figure[], gradients: Figure[], formulas: string[],
 *   gradient_formulas: string[] }} LayerStep
 * @typedef {{ frame: "sample", index: number, inputs: Figure[], target: Figure[], layers: LayerStep[],
 *   predictions: Figure[], loss: Figure, loss_formulas: string[], weight_gradients: Figure[][][],
 *   bias_gradients: Figure[][], weight_formulas: string[][][], updates: Figure[][][],
 *   update_formulas: string[] }} SampleFrame
 * @typedef {{ frame: "landscape", losses: Figure[][], low: number, high: number, reach: number,
 *   path: [Figure, Figure, Figure][], samples: number }} LandscapeFrame
 * @typedef {{ frame: "program", text: string }} ProgramFrame
 * @typedef {{ frame: "file", name: string, text?: string, base64?: string }} FileFrame
 * @typedef {{ frame: "digits", done: number, total: number, ready: boolean, loss: Figure,
 *   accuracy: Figure }} DigitsFrame
 * @typedef {{ frame: "digit", probabilities: number[], hidden: number[], fired: number[], weights: HeatMap[],
 *   picture: string }} DigitFrame
 * @typedef {{ frame: "error", message: string, command: string }} ErrorFrame
 *
 * @typedef {HelloFrame | OptionsFrame | SettingsFrame | DataFrame | StateFrame | SampleFrame | LandscapeFrame
 *   | ProgramFrame | FileFrame | DigitsFrame | DigitFrame | ErrorFrame} Frame
 *
 * @typedef {(command: Command) => void} Send
 *
 * @typedef {object} Part a part of the page: it shows the frames after which its functions are named
 * @property {(frame: HelloFrame) => void} [hello]
 * @property {(frame: OptionsFrame) => void} [options]
 * @property {(frame: SettingsFrame) => void} [settings]
 * @property {(frame: DataFrame) => void} [data]
 * @property {(frame: StateFrame) => void} [state]
 * @property {(frame: SampleFrame) => void} [sample]
 * @property {(frame: LandscapeFrame) => void} [landscape]
 * @property {(frame: ProgramFrame) => void} [program]
 * @property {(frame: FileFrame) => void} [file]
 * @property {(frame: DigitsFrame) => void} [digits]
 * @property {(frame: DigitFrame) => void} [digit]
 * @property {(frame: ErrorFrame) => void} [error]
 * @property {() => void} [theme] called when light or dark has changed
 */

export {};
