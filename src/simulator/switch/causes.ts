/** Q.850 number and the SIP status that FreeSWITCH answers with, by its name of the cause. */
const CAUSES: Readonly<Record<string, readonly [q850: number, sip: number]>> = {
  UNALLOCATED_NUMBER: [1, 404],
  NO_ROUTE_TRANSIT_NET: [2, 404],
  NO_ROUTE_DESTINATION: [3, 404],
  NORMAL_CLEARING: [16, 480],
  USER_BUSY: [17, 486],
  NO_USER_RESPONSE: [18, 408],
  NO_ANSWER: [19, 480],
  SUBSCRIBER_ABSENT: [20, 480],
  CALL_REJECTED: [21, 603],
  NUMBER_CHANGED: [22, 410],
  DESTINATION_OUT_OF_ORDER: [27, 502],
  INVALID_NUMBER_FORMAT: [28, 484],
  NORMAL_UNSPECIFIED: [31, 480],
  NORMAL_CIRCUIT_CONGESTION: [34, 503],
  NETWORK_OUT_OF_ORDER: [38, 502],
  NORMAL_TEMPORARY_FAILURE: [41, 503],
  SWITCH_CONGESTION: [42, 503],
  BEARERCAPABILITY_NOTAVAIL: [58, 488],
  CHAN_NOT_IMPLEMENTED: [66, 480],
  INCOMPATIBLE_DESTINATION: [88, 488],
  RECOVERY_ON_TIMER_EXPIRE: [102, 504],
  INTERWORKING: [127, 480],
  ORIGINATOR_CANCEL: [487, 487],
  LOSE_RACE: [502, 480],
  MANAGER_REQUEST: [503, 480],
  BLIND_TRANSFER: [600, 480],
  ATTENDED_TRANSFER: [601, 480],
  ALLOTTED_TIMEOUT: [602, 480],
  SYSTEM_SHUTDOWN: [501, 480],
  MEDIA_TIMEOUT: [604, 480],
  USER_NOT_REGISTERED: [606, 480],
  PROGRESS_TIMEOUT: [607, 480],
  INVALID_GATEWAY: [608, 480],
  INVALID_PROFILE: [612, 480],
};

const SIP_CAUSES: Readonly<Record<number, string>> = {
  401: 'CALL_REJECTED', 403: 'CALL_REJECTED', 404: 'UNALLOCATED_NUMBER', 408: 'RECOVERY_ON_TIMER_EXPIRE', 410: 'NUMBER_CHANGED',
  480: 'NO_USER_RESPONSE', 484: 'INVALID_NUMBER_FORMAT', 486: 'USER_BUSY', 487: 'ORIGINATOR_CANCEL', 488: 'INCOMPATIBLE_DESTINATION',
  500: 'NORMAL_TEMPORARY_FAILURE', 502: 'NETWORK_OUT_OF_ORDER', 503: 'NORMAL_TEMPORARY_FAILURE', 504: 'RECOVERY_ON_TIMER_EXPIRE',
  600: 'USER_BUSY', 603: 'CALL_REJECTED',
};

const SIP_PHRASES: Readonly<Record<number, string>> = {
  200: 'OK', 404: 'Not Found', 408: 'Request Timeout', 480: 'Temporarily Unavailable', 484: 'Address Incomplete', 486: 'Busy Here', 487: 'CANCEL',
  488: 'Not Acceptable Here', 503: 'Service Unavailable', 603: 'Decline',
};

/** Whether this is a cause that the switch knows by name. */
export const isCause = (cause: string): boolean => cause in CAUSES;

/** The number in `variable_hangup_cause_q850`: causes above 127 are FreeSWITCH's own and are told as 16. */
export const q850Of = (cause: string): number => {
  const code = CAUSES[cause]?.[0] ?? 31;
  return code > 127 ? 16 : code;
};

/** The number that the switch itself gives the cause (its `sip_term_cause`). */
export const causeCodeOf = (cause: string): number => CAUSES[cause]?.[0] ?? 31;

/** The SIP status with which an unanswered call is refused for this cause. */
export const sipStatusOf = (cause: string): number => CAUSES[cause]?.[1] ?? 480;

/** The cause that a final SIP answer of the far end becomes. */
export const causeOfSipStatus = (status: number): string => SIP_CAUSES[status] ?? 'NORMAL_UNSPECIFIED';

export const sipPhraseOf = (status: number): string => SIP_PHRASES[status] ?? 'Error';
