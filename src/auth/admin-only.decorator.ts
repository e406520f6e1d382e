import { UseGuards } from '@nestjs/common';
import { AdminGuard } from './admin.guard.js';

/** Marks a controller, or a method of one, as being for admins: `403` for other users, right behind `401` for nobody. */
export function AdminOnly(): MethodDecorator & ClassDecorator {
  return UseGuards(AdminGuard);
}
