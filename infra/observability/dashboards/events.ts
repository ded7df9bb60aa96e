import { type Dashboard, panel } from '../dashboard.ts';
import { percentile, rate, shared } from '../promql.ts';

const chosen = 'service=~"$service"';
const delay = 'roundhouse_event_delay_seconds';
const sending = 'roundhouse_relay_batch_duration_seconds';
const taking = 'roundhouse_consumer_batch_duration_seconds';
const of = (counter: string) => rate(`roundhouse_events_${counter}_total`, 'service, type', chosen);
const NO_BROKER = 'only where RabbitMQ carries the events, with its plugin rabbitmq_prometheus';

/** From the outbox to the effect, on whatever transport; and the broker, where there is one. */
export const events: Dashboard = {
  uid: 'roundhouse-events',
  title: 'Roundhouse: events',
  by_service: true,
  rows: [
    {
      title: 'On their way out',
      panels: [
        panel('Unsent', 'short', {
          '{{service}}': shared('roundhouse_outbox_unsent_events', 'service', chosen),
        }),
        panel('Age of the oldest unsent', 's', {
          '{{service}}': shared('roundhouse_outbox_oldest_unsent_seconds', 'service', chosen),
        }),
        panel('Sent', 'reqps', {
          '{{service}}': rate('roundhouse_events_sent_total', 'service', chosen),
        }),
        panel('Time to send a batch, 99 of 100', 's', {
          '{{service}}': percentile(99, sending, 'service', chosen),
        }),
      ],
    },
    {
      title: 'On their way in',
      panels: [
        panel('Took effect', 'reqps', { '{{service}} {{type}}': of('taken') }),
        panel('Put back, to come again', 'reqps', { '{{service}} {{type}}': of('put_back') }),
        panel('From the change to its effect', 's', {
          '{{service}}, 50 of 100': percentile(50, delay, 'service', chosen),
          '{{service}}, 99 of 100': percentile(99, delay, 'service', chosen),
        }),
        panel('Time to take in a batch, 99 of 100', 's', {
          '{{service}}': percentile(99, taking, 'service', chosen),
        }),
        panel('Given up', 'short', {
          '{{service}}': shared('roundhouse_dead_letters', 'service', chosen),
        }),
      ],
    },
    {
      title: 'RabbitMQ',
      panels: [
        panel(
          'Messages that wait',
          'short',
          {
            ready: 'sum(rabbitmq_queue_messages_ready)',
            unacknowledged: 'sum(rabbitmq_queue_messages_unacked)',
          },
          { empty_when: NO_BROKER },
        ),
        panel(
          'Alarms',
          'short',
          {
            'memory {{instance}}': 'rabbitmq_alarms_memory_used_watermark',
            'disk {{instance}}': 'rabbitmq_alarms_free_disk_space_watermark',
          },
          { empty_when: NO_BROKER },
        ),
        panel(
          'Connections',
          'short',
          { '{{instance}}': 'rabbitmq_connections' },
          { empty_when: NO_BROKER },
        ),
      ],
    },
  ],
};
