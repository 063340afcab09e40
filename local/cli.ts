import { Command } from "commander";

import { stage } from "./display";
import { down, type Environment, up } from "./environment";
import { formatStatus, status } from "./status";

const cli = new Command("npm run local --").description(
    "A cluster, a registry and the tools for stacks on this machine",
);

cli.command("up")
    .description("bring up what is missing and say how to use it")
    .option("--node", "with a node, so that pods run; without one there is only the API server", false)
    .option("--context <name>", "use this context of your kubeconfig instead of a cluster on this machine")
    .option("--registry <host>", "with --context: the registry to push to and pull from")
    .action(async (options: { node: boolean; context?: string; registry?: string }) => {
        const environment = await up({ ...options, stage });
        process.stdout.write(`\n${usage(environment).join("\n")}\n`);
    });

cli.command("down")
    .description("take everything down and remove its state; what was built or downloaded stays")
    .action(() => stage("Taking down the cluster, the registry and docker", down));

cli.command("status")
    .description("show whether each part runs; exit code 1 when one that should run does not")
    .action(async () => {
        const found = await status();
        process.stdout.write(`${formatStatus(found).join("\n")}\n`);
        process.exitCode = found.problems.length > 0 ? 1 : 0;
    });

/** How to use what is up. */
function usage({ kubeconfig, context, registry, dockerHost, baseImage }: Environment): string[] {
    return [
        `export KUBECONFIG=${kubeconfig}`,
        ...(dockerHost ? [`export DOCKER_HOST=${dockerHost}`] : []),
        "",
        ...(context ? [`context     ${context}`] : []),
        `registry    ${registry}`,
        ...(baseImage ? [`base image  ${baseImage}`] : []),
    ];
}

// Unlike death by a signal, an exit ends the processes that were started and restores the terminal's cursor.
for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
] as const) {
    process.once(signal, () => process.exit(code));
}

cli.parseAsync().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
});
