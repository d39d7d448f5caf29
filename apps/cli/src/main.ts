import { Command, CommanderError } from 'commander';
import { compareCommand } from './commands/compare.ts';
import { datasetsCommand } from './commands/datasets.ts';
import { doctorCommand } from './commands/doctor.ts';
import { exportCommand } from './commands/export.ts';
import { gateCommand } from './commands/gate.ts';
import { modelsCommand } from './commands/models.ts';
import { newCommand } from './commands/new.ts';
import { reportCommand } from './commands/report.ts';
import { rescoreCommand } from './commands/rescore.ts';
import { runCommand } from './commands/run.ts';
import { runsCommand } from './commands/runs.ts';
import { scoreCommand } from './commands/score.ts';
import { searchCommand } from './commands/search.ts';
import { storeCommand } from './commands/store.ts';
import { viewCommand } from './commands/view.ts';
import { explain } from './explain.ts';

const program = new Command('coa')
  .description('CoA Lab: agent models that search while they think, run, compared and kept')
  .addCommand(runCommand())
  .addCommand(reportCommand())
  .addCommand(exportCommand())
  .addCommand(compareCommand())
  .addCommand(gateCommand())
  .addCommand(rescoreCommand())
  .addCommand(viewCommand())
  .addCommand(newCommand())
  .addCommand(runsCommand())
  .addCommand(storeCommand())
  .addCommand(datasetsCommand())
  .addCommand(modelsCommand())
  .addCommand(doctorCommand())
  .addCommand(searchCommand())
  .addCommand(scoreCommand());

/** After a mistake every command says where its help is. */
const pointToHelp = (command: Command, path: string): void => {
  command.showHelpAfterError(`(${path} --help shows how)`).showSuggestionAfterError();
  for (const inner of command.commands) pointToHelp(inner, `${path} ${inner.name()}`);
};
pointToHelp(program, 'coa');

try {
  await program.parseAsync();
} catch (cause) {
  const stack = process.env.COA_DEBUG && cause instanceof Error ? cause.stack : undefined;
  if (!(cause instanceof CommanderError)) console.error(`coa: ${stack ?? explain(cause)}`);
  process.exitCode ||= 1;
}
