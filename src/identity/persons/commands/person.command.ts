import { Command } from '@nestjs/cqrs';
import type { CommandMeta } from '../../../kernel/command.js';
import type { ErasureAsked, ErasureOrder } from './person-eraser.js';

/** Erases what is personal of one person. */
export class ErasePerson extends Command<ErasureAsked> {
  constructor(
    readonly order: ErasureOrder,
    readonly meta: CommandMeta,
  ) {
    super();
  }
}
