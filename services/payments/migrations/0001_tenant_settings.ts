export { up } from '@roundhouse/database/tenant-settings-migration';
