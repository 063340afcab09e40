/**
 * Prepares controllers and prints how to install them: `npx tsx tests/controllers/support/cli.ts kueue jobset`.
 */
import { type ControllerName, controllerNames, ensureControllers } from ".";
import { stage } from "../../../local/display";

async function main(names: string[]): Promise<void> {
    const unknown = names.find((name) => !(controllerNames as readonly string[]).includes(name));
    if (names.length === 0 || unknown !== undefined) {
        throw new Error(`${unknown ?? "no name"} is not a controller; name some of ${controllerNames.join(", ")}`);
    }
    for (const name of names as ControllerName[]) {
        const { charts, ociCharts, images } = await stage(name, (report) => ensureControllers([name], report));
        process.stdout.write(`  charts in ${charts} and ${ociCharts}, images below ${images}\n`);
    }
}

main(process.argv.slice(2)).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
});
