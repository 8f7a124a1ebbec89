// Amazon SNS over HTTPS: the signed envelope that SES mail comes in.
//
// https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
//
//     {"Type":"Notification","MessageId":"...","TopicArn":"arn:aws:sns:...","Message":"...",
//      "Timestamp":"2018-03-30T17:17:36.516Z","SignatureVersion":"2","Signature":"<base64>",
//      "SigningCertURL":"https://sns.us-east-1.amazonaws.com/SimpleNotificationService-....pem"}
//
// Signed are the lines "KEY\nVALUE\n" of the members that are there, in a fixed order. Whoever has
// an AWS account can have SNS sign: only the pinned TopicArn tells our topic from theirs. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "adapters/source.h"

namespace tapline::sns {

struct Envelope {
    std::string type;
    std::string message_id;
    std::string topic;
    std::string subject;
    bool has_subject = false;
    std::string message;
    std::string timestamp;
    std::string token;
    std::string subscribe_url;
    std::string signature_version;
    std::string signature;  // base64
    std::string certificate_url;
};

// Error bad_request: no JSON, a member stands twice or is no text, or a needed one is missing.
Result<Envelope> parse_envelope(std::string_view body);

// What SNS signs of it. REQUIRES: a type that SNS has.
std::string signed_text(const Envelope& envelope);

// https://sns.REGION.amazonaws.com[.cn]/SimpleNotificationService-NAME.pem and nothing else: where
// Amazon keeps its signing certificates.
bool is_certificate_url(std::string_view url);
// https://sns.REGION.amazonaws.com[.cn]/?... and nothing else.
bool is_confirmation_url(std::string_view url);

}  // namespace tapline::sns
