# SPDX-License-Identifier: Apache-2.0
"""Error codes of OpenAI-compatible endpoints, and what each means. Spelled as the endpoints spell them."""

from collections.abc import Mapping
from typing import Final

from approvals.llm.failures import FailureKind
from approvals.llm.reply.features import Feature


def normalised(code: str) -> str:
    """A code without case and punctuation: `ModelNotFound`, `model_not_found` and `model-not-found` are one."""
    return "".join(character for character in code.casefold() if character.isalnum())


def _table[T](rows: Mapping[T, str]) -> dict[str, T]:
    return {normalised(code): meaning for meaning, codes in rows.items() for code in codes.split()}


KNOWN_CODES: Final = _table(
    {
        FailureKind.MODEL_UNKNOWN: """
            model_not_found ModelNotFound invalid_model invalid_model_error unknown_model unavailable_model
            model_not_available model_not_supported model_not_exist model_decommissioned model_deprecated
            model_terms_required model_permission_blocked_org model_permission_blocked_project
            DeploymentNotFound deployment_not_found
            InvalidEndpointOrModel.NotFound InvalidEndpointOrModel.ModelIDAccessDisabled ModelNotOpen
            Model.AccessDenied AccessDenied.Unpurchased Model.NotFound
            key_model_access_denied team_model_access_denied user_model_access_denied org_model_access_denied
            20012 30003 1211 base_resp.2061""",
        FailureKind.NO_BUDGET: """
            insufficient_quota insufficient_user_quota insufficient_token_quota insufficient_balance
            insufficient_credits insufficient_credit insufficient_funds insufficient_balance_error
            quota_not_enough pre_consume_token_quota_failed token_quota_exhausted exceeded_current_quota_error
            billing_hard_limit_reached billing_not_active billing_error BILLING_DISABLED access_terminated
            credit_limit_exceeded credits_exhausted out_of_credits payment_required budget_exceeded
            ExceededBudget spend_limit_reached spending_limit_reached usage_limit_reached
            monthly_limit_exceeded blocked_api_access account_overdue AccountOverdueError
            Arrearage Arrears InsufficientBalance InsufficientQuota AllocationQuota.FreeTierOnly FreeTierOnly
            PrepaidBillOverdue PostpaidBillOverdue CommodityNotPurchased
            FailedOperation.ResourcePackExhausted 30001 30011 1113
            base_resp.1008 base_resp.2056""",
        FailureKind.RATE_LIMITED: """
            rate_limit_exceeded rate_limit_error rate_limit_reached rate_limited rate_limit RateLimitError
            RateLimitReached RateLimitExceeded tokens_exceeded requests_exceeded too_many_requests
            TooManyRequests RESOURCE_EXHAUSTED ThrottlingException Throttling Throttling.RateQuota
            Throttling.AllocationQuota Throttling.BurstRate LimitBurstRate LimitRequests
            LimitTokens ModelAccountRpmRateLimitExceeded ModelAccountTpmRateLimitExceeded
            ModelAccountIpmRateLimitExceeded APIAccountRpmRateLimitExceeded EndpointRPMExceeded
            EndpointTPMExceeded AccountRateLimitExceeded RequestBurstTooFast FlowLimitExceeded
            rate_limit_reached_error concurrency_limit_exceeded RequestLimitExceeded queue_exceeded
            too_many_tokens_error tokens_quota_exceeded token_quota_exceeded model_rate_limit request_quota_exceeded
            base_resp.1002 base_resp.1041 base_resp.1039 base_resp.2045 1302 1303 1305 1308""",
        FailureKind.AUTH: """
            invalid_api_key invalid_api_key_error InvalidApiKey API_KEY_INVALID API_KEY_SERVICE_BLOCKED
            incorrect_api_key_provided incorrect_api_key missing_api_key api_key_missing no_api_key
            invalid_token token_expired expired_token expired_key token_not_found_in_db
            invalid_authentication invalid_authentication_error invalid_issuer account_deactivated
            deactivated_workspace invalid_organization organization_deactivated not_authorized_invalid_key_type
            ip_not_authorized unsupported_country_region_territory CREDENTIALS_MISSING
            ACCESS_TOKEN_EXPIRED ACCESS_TOKEN_TYPE_UNSUPPORTED UNAUTHENTICATED UnrecognizedClientException
            InvalidSignatureException MissingAuthenticationToken InvalidAccessKeyId AuthFailure
            InvalidAccountStatus user_inactive
            1000 1001 1002 1003 1004 1110 1112 base_resp.1004 base_resp.2049""",
        FailureKind.REQUEST_REFUSED: """
            content_filter content_policy_violation content_filter_error ContentPolicyViolationError
            ResponsibleAIPolicyViolation content_filtered content_blocked content_moderation_error
            content_moderation_failed moderation_blocked moderation_error invalid_prompt prompt_blocked
            data_inspection_failed DataInspectionFailed InputTextRisk sensitive_words_detected
            SensitiveContentDetected InputTextSensitiveContentDetected OutputTextSensitiveContentDetected
            PROHIBITED_CONTENT SAFETY cyber_policy_violation
            context_length_exceeded ContextWindowExceededError context_window_exceeded
            string_above_max_length request_too_large payload_too_large input_too_long prompt_too_long
            max_tokens_exceeded tokens_limit_reached input_length_exceeded
            1261 1301 base_resp.1026 base_resp.1027 base_resp.1042""",
        FailureKind.SERVER_ERROR: """
            overloaded_error overloaded engine_overloaded engine_overloaded_error server_overloaded
            ServerOverloaded model_overloaded capacity_exceeded over_capacity service_unavailable
            service_unavailable_error ServiceUnavailable UNAVAILABLE DEADLINE_EXCEEDED provider_unavailable
            upstream_error upstream_timeout gateway_timeout bad_gateway timeout_error RequestTimeOut
            model_loading ModelLoading ModelLoadingError ModelServingError
            do_request_failed bad_response_status_code bad_response_body read_response_body_failed
            InternalServiceError
            base_resp.1000 base_resp.1001 base_resp.1013 base_resp.1024 base_resp.1033 1230 1234 50505 50508 50603""",
        FailureKind.PATH_UNKNOWN: "unknown_url invalid_url unknown_endpoint route_not_found no_route",
    }
)
"""Codes that mean one thing, whatever the status and the words beside them."""

FEATURE_CODES: Final = _table(
    {
        Feature.REPLY_FORMAT: """
            json_validate_failed json_schema_invalid invalid_json_schema invalid_response_format
            unsupported_response_format response_format_not_supported structured_outputs_not_supported
            json_mode_not_supported grammar_error 20024""",
    }
)
"""Codes that name the part of a request which the model does not take."""

GENERAL_CODES: Final = _table(
    {
        FailureKind.AUTH: """
            authentication_error AuthenticationError AuthenticationException Unauthorized unauthorized_error
            permission_error PermissionDeniedError permission_denied access_denied AccessDenied Forbidden""",
        FailureKind.NO_BUDGET: "insufficient_quota_error quota_exceeded QuotaExceeded",
        FailureKind.SERVER_ERROR: """
            server_error internal_error internal_server_error InternalServerError api_error INTERNAL
            upstream_failure APIConnectionError APITimeoutError Timeout timeout""",
        FailureKind.REQUEST_REFUSED: """
            invalid_request_error BadRequestError bad_request InvalidParameter INVALID_ARGUMENT
            invalid_parameter_error ValidationError validation_error unprocessable_entity
            UnprocessableEntityError FAILED_PRECONDITION base_resp.2013""",
        FailureKind.PATH_UNKNOWN: "not_found_error NotFoundError NOT_FOUND not_found",
    }
)
"""Codes that name a class of errors. The words beside them say more, so they come after those."""
