/**
 * Returns how Pulumi's language host has started this process: "run" for a program, and "run-plugin" for components that a
 * program in another language uses. Undefined if the host has not: a program that the Automation API runs inline, or a test.
 */
export const hostEntry = (): string | undefined =>
    /@pulumi[\\/]pulumi[\\/]cmd[\\/](run|run-plugin)([\\/]|$)/.exec(process.argv[1] ?? "")?.[1];
