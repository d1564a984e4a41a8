/** Where in FreeSWITCH 1.10.12 an event is fired: its Event-Calling-* headers. */
export type CallingPoint = readonly [file: string, fn: string, line: string];

export const CALLING_POINTS = {
  ADD_SCHEDULE: ['switch_scheduler.c', 'switch_scheduler_add_task_ex', '266'],
  API: ['switch_loadable_module.c', 'switch_api_execute', '2954'],
  BACKGROUND_JOB: ['mod_event_socket.c', 'api_exec', '1572'],
  CALL_UPDATE: ['mod_sofia.c', 'sofia_receive_message', '2100'],
  CHANNEL_ANSWER: ['switch_channel.c', 'switch_channel_perform_mark_answered', '3846'],
  CHANNEL_BRIDGE: ['switch_ivr_bridge.c', 'switch_ivr_multi_threaded_bridge', '1689'],
  CHANNEL_CALLSTATE: ['switch_channel.c', 'switch_channel_perform_set_callstate', '301'],
  CHANNEL_CREATE: ['switch_core_state_machine.c', 'switch_core_session_run', '626'],
  CHANNEL_DATA: ['mod_commands.c', 'uuid_dump_function', '6468'],
  CHANNEL_DESTROY: ['switch_core_session.c', 'switch_core_session_perform_destroy', '1584'],
  CHANNEL_EXECUTE: ['switch_core_session.c', 'switch_core_session_exec', '2944'],
  CHANNEL_EXECUTE_COMPLETE: ['switch_core_session.c', 'switch_core_session_exec', '2967'],
  CHANNEL_HANGUP: ['switch_channel.c', 'switch_channel_perform_hangup', '3445'],
  CHANNEL_HANGUP_COMPLETE: ['switch_core_state_machine.c', 'switch_core_session_reporting_state', '943'],
  CHANNEL_HOLD: ['switch_ivr.c', 'switch_ivr_hold', '1558'],
  CHANNEL_ORIGINATE: ['switch_core_state_machine.c', 'switch_core_session_run', '632'],
  CHANNEL_OUTGOING: ['switch_core_session.c', 'switch_core_session_outgoing_channel', '768'],
  CHANNEL_PARK: ['switch_ivr.c', 'switch_ivr_park', '1002'],
  CHANNEL_PROGRESS: ['switch_channel.c', 'switch_channel_perform_mark_ring_ready_value', '3505'],
  CHANNEL_PROGRESS_MEDIA: ['switch_channel.c', 'switch_channel_perform_mark_pre_answered', '3560'],
  CHANNEL_STATE: ['switch_channel.c', 'switch_channel_perform_set_running_state', '2408'],
  CHANNEL_UNBRIDGE: ['switch_ivr_bridge.c', 'switch_ivr_multi_threaded_bridge', '1879'],
  CHANNEL_UNHOLD: ['switch_ivr.c', 'switch_ivr_unhold', '1638'],
  CHANNEL_UNPARK: ['switch_ivr.c', 'switch_ivr_park', '1213'],
  CODEC: ['switch_core_codec.c', 'switch_core_session_set_write_codec', '450'],
  CUSTOM: ['mod_event_socket.c', 'parse_command', '2275'],
  DEL_SCHEDULE: ['switch_scheduler.c', 'task_thread_loop', '151'],
  DTMF: ['switch_channel.c', 'switch_channel_dequeue_dtmf', '677'],
  HEARTBEAT: ['switch_core.c', 'send_heartbeat', '95'],
  MEDIA_BUG_START: ['switch_core_media_bug.c', 'switch_core_media_bug_add', '1014'],
  MEDIA_BUG_STOP: ['switch_core_media_bug.c', 'switch_core_media_bug_destroy', '84'],
  PLAYBACK_START: ['switch_ivr_play_say.c', 'switch_ivr_play_file', '1646'],
  PLAYBACK_STOP: ['switch_ivr_play_say.c', 'switch_ivr_play_file', '2020'],
  PRIVATE_COMMAND: ['switch_ivr.c', 'switch_ivr_parse_next_event', '804'],
  RECORD_START: ['switch_ivr_async.c', 'record_callback', '1481'],
  RECORD_STOP: ['switch_ivr_async.c', 'send_record_stop_event', '1240'],
  RE_SCHEDULE: ['switch_scheduler.c', 'switch_scheduler_execute', '73'],
  SHUTDOWN: ['switch_core.c', 'switch_core_destroy', '3130'],
} as const satisfies Record<string, CallingPoint>;

export type EventName = keyof typeof CALLING_POINTS;

/** Channel events that carry the caller's profile but no variables. */
export const WITHOUT_VARIABLES: ReadonlySet<EventName> = new Set(['CHANNEL_STATE', 'CHANNEL_CALLSTATE', 'CHANNEL_OUTGOING', 'CODEC', 'DTMF', 'PRIVATE_COMMAND']);

/** Further names that a subscriber may ask for; this switch has no occasion to fire them. */
const OTHER_NAMES = [
  'CLONE', 'CHANNEL_APPLICATION', 'CHANNEL_UUID', 'CHANNEL_PROGRESS', 'MESSAGE', 'MESSAGE_WAITING', 'MESSAGE_QUERY', 'NOTIFY', 'NOTIFY_IN', 'PRESENCE_IN',
  'PRESENCE_OUT', 'PRESENCE_PROBE', 'ROSTER', 'MODULE_LOAD', 'MODULE_UNLOAD', 'RELOADXML', 'SEND_MESSAGE', 'RECV_MESSAGE', 'REQUEST_PARAMS', 'GENERAL',
  'COMMAND', 'SESSION_HEARTBEAT', 'CLIENT_DISCONNECTED', 'SERVER_DISCONNECTED', 'SEND_INFO', 'RECV_INFO', 'RECV_RTCP_MESSAGE', 'CALL_SECURE', 'NAT',
  'DETECTED_SPEECH', 'DETECTED_TONE', 'LOG', 'INBOUND_CHAN', 'OUTBOUND_CHAN', 'STARTUP', 'PUBLISH', 'UNPUBLISH', 'TALK', 'NOTALK', 'SESSION_CRASH', 'TRAP',
  'FAILURE', 'CALL_DETAIL', 'CONFERENCE_DATA_QUERY', 'CONFERENCE_DATA', 'CALL_SETUP_REQ', 'CALL_SETUP_RESULT', 'PHONE_FEATURE', 'PHONE_FEATURE_SUBSCRIBE', 'SOCKET_DATA',
  'EXE_SCHEDULE', 'TEXT', 'DEVICE_STATE',
];

/** Every name that `event` accepts. */
export const KNOWN_EVENT_NAMES: ReadonlySet<string> = new Set([...Object.keys(CALLING_POINTS), ...OTHER_NAMES]);
