/** Installs the AWS CLI and boto3, once; returns the paths of the programs. */
export function installPythonTools(): Promise<{ readonly python: string; readonly aws: string }>
