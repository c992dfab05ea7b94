/** Compiles versitygw, once; returns the path of the program. */
export function installVersitygw(): Promise<string>
