/**
 * The time that loading the package takes, over the time that @pulumi/pulumi takes anyway.
 */
import { run } from "../local/run";

export interface LoadTimes {
    /** Milliseconds of `require("@pulumi/pulumi")`, one a process. */
    pulumi: number[];
    /** Milliseconds of `require("kubernetes-mlops")` after it. */
    package: number[];
}

const script = `
    const start = performance.now();
    require("@pulumi/pulumi");
    const between = performance.now();
    require("kubernetes-mlops");
    process.stdout.write(JSON.stringify([between - start, performance.now() - between]));
`;

/** Loads the package that is installed in the directory in one fresh process after the other. */
export async function measureLoad(directory: string, processes: number): Promise<LoadTimes> {
    const times: LoadTimes = { pulumi: [], package: [] };
    for (let index = 0; index < processes; index++) {
        const answer = await run(process.execPath, ["-e", script], { cwd: directory });
        const [pulumi, ours] = JSON.parse(answer) as [number, number];
        times.pulumi.push(pulumi);
        times.package.push(ours);
    }
    return times;
}
