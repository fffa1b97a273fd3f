import { Body, ConflictException, Controller, Post } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Account } from './account.entity.js';
import { hashPassword } from './passwords.js';

interface Registration {
  email: string;
  name: string;
  password: string;
}

@Controller('accounts')
export class AccountsController {
  constructor(@InjectRepository(Account) private readonly accounts: Repository<Account>) {}

  @Post()
  async register(@Body() { email, name, password }: Registration) {
    if (await this.accounts.existsBy({ email })) throw new ConflictException('There is an account with this address');
    const { id } = await this.accounts.save({ email, name, passwordHash: await hashPassword(password) });
    return { id };
  }
}
