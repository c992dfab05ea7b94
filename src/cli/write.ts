/** Where a command says what it has to say: standard output, or a test. */
export type Write = (text: string) => void
