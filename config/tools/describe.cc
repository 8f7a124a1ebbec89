#include "config/tools/describe.h"

#include <array>
#include <cstdio>

#include "adapters/time_text.h"
#include "config/tools/local_time.h"
#include "routes/place.h"

namespace tapline {

namespace {

constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};

std::string joined(const std::vector<std::string>& parts, std::string_view by) {
    std::string text;
    for (const std::string& part : parts) {
        if (!text.empty()) text += by;
        text += part;
    }
    return text;
}

std::string clock_text(std::chrono::minutes time) {
    const auto minutes = time.count();
    std::array<char, 24> text{};
    constexpr long kDay = 24L * 60;
    const auto hours = minutes > kDay ? minutes / 60 - 24 : minutes / 60;
    std::snprintf(text.data(), text.size(), "%02d:%02d", static_cast<int>(hours),
                  static_cast<int>(minutes % 60));
    return text.data();
}

std::string words_text(const std::vector<WordPattern>& words) {
    std::vector<std::string> parts;
    parts.reserve(words.size());
    for (const WordPattern& word : words) parts.push_back("\"" + word.written() + "\"");
    return joined(parts, " or ");
}

std::string percent_text(double share) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%g%%", share * 100);
    return text.data();
}

using Texts = std::map<std::string, std::string>;

void put(Texts& texts, const std::string& key, std::string text) {
    if (!text.empty()) texts[key] = std::move(text);
}

void put_closed(Texts& texts, const Closed& closed) {
    if (closed.call) texts["closed.call"] = closed_call_text(*closed.call);
    for (int i = 0; i < kChannels; ++i) {
        const auto& one = closed.by_channel.at(static_cast<std::size_t>(i));
        if (!one) continue;
        texts["closed." + std::string(to_string(static_cast<Channel>(i)))] =
            closed_other_text(*one);
    }
    if (closed.other) texts["closed.other"] = closed_other_text(*closed.other);
}

void put_lists(Texts& texts, const std::string& prefix, const When& when) {
    const auto list = [&](const std::string& key, const std::vector<std::string>& values) {
        put(texts, prefix + key, joined(values, " or "));
    };
    list("source", when.source);
    list("profile", when.profile);
    list("button", when.button);
    list("campaign", when.campaign);
    list("line", when.line);
    list("region", when.region);
    list("language", when.language);
    list("auth", when.auth);
    list("customer_in", when.customer_in);
    list("switch", when.switches);
    list("time", when.time);
    std::vector<std::string> channels;
    for (const Channel channel : when.channel) channels.emplace_back(to_string(channel));
    list("channel", channels);
    std::vector<std::string> patterns;
    for (const Pattern& pattern : when.pattern) patterns.push_back("/" + pattern.written() + "/");
    list("pattern", patterns);
    put(texts, prefix + "text", words_text(when.text));
    for (const AttributionCondition& one : when.attribution) {
        list("attribution." + one.field, one.values);
    }
}

// Conditions within conditions, to a depth that no config has: the reader ends before.
void put_when(Texts& texts, const std::string& prefix, const When& when, int depth) {
    put_lists(texts, prefix, when);
    if (when.customer_known) texts[prefix + "customer"] = *when.customer_known ? "known" : "new";
    if (when.contacts) {
        texts[prefix + "contacts"] = "at least " + std::to_string(when.contacts->at_least) +
                                     " within " + duration_text(when.contacts->within);
    }
    if (when.open_journey) texts[prefix + "open_journey"] = duration_text(*when.open_journey);
    if (depth == 0) return;
    const auto nested = [&](const std::string& name, const std::vector<When>& all) {
        for (std::size_t i = 0; i < all.size(); ++i) {
            const std::string number = all.size() > 1 ? std::to_string(i + 1) : "";
            std::string inner = prefix;
            inner.append(name).append(number).append(".");
            put_when(texts, inner, all.at(i), depth - 1);
        }
    };
    nested("any", when.any);
    nested("all", when.all);
    nested("not", when.none);
}

std::string overdue_text(const std::vector<OverdueStep>& steps) {
    std::vector<std::string> parts;
    parts.reserve(steps.size());
    for (const OverdueStep& step : steps) {
        parts.push_back("at " + percent_text(step.at) +
                        (step.act == OverdueStep::Act::move ? " move to " : " alert ") +
                        step.queue);
    }
    return joined(parts, ", ");
}

std::string pilot_text(const Pilot& pilot) {
    std::vector<std::string> parts = {pilot.name};
    for (const Arm& arm : pilot.arms) {
        parts.push_back(arm.name + " " + percent_text(arm.share) + " to " + arm.to);
    }
    if (pilot.from) parts.push_back("from " + to_rfc3339(*pilot.from));
    if (pilot.until) {
        parts.push_back("until " + to_rfc3339(*pilot.until));
    }
    if (pilot.stop_if) {
        parts.push_back("stops above " + percent_text(pilot.stop_if->overdue) + " late of " +
                        std::to_string(pilot.stop_if->after));
    }
    return joined(parts, ", ");
}

}  // namespace

std::string day_text(const std::vector<OpenInterval>& open) {
    if (open.empty()) return "closed";
    std::vector<std::string> parts;
    parts.reserve(open.size());
    for (const OpenInterval& one : open) {
        parts.push_back(clock_text(one.from) + "-" + clock_text(one.until));
    }
    return joined(parts, " and ");
}

std::vector<std::string> hours_lines(const Hours& hours) {
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < kDays.size();) {
        // Weeks begin on Monday for who reads them.
        const auto day = [](std::size_t number) { return (number + 1) % kDays.size(); };
        const std::string text = day_text(hours.days.at(day(i)));
        std::size_t last = i;
        while (last + 1 < kDays.size() && day_text(hours.days.at(day(last + 1))) == text) ++last;
        std::string line(kDays.at(day(i)));
        if (last > i) line.append(" to ").append(kDays.at(day(last)));
        lines.push_back(line.append(" ").append(text));
        i = last + 1;
    }
    return lines;
}

std::string respond_within_text(const Queue& queue) {
    std::vector<std::string> parts;
    for (int i = 0; i < kChannels; ++i) {
        const auto within = queue.respond_within_by_channel.at(static_cast<std::size_t>(i));
        if (!within) continue;
        parts.push_back(std::string(to_string(static_cast<Channel>(i))) + " " +
                        duration_text(*within));
    }
    if (queue.respond_within_missed_call) {
        parts.push_back("missed call " + duration_text(*queue.respond_within_missed_call));
    }
    if (queue.respond_within) {
        parts.push_back((parts.empty() ? "" : "otherwise ") + duration_text(*queue.respond_within));
    }
    return joined(parts, ", ");
}

std::string closed_call_text(const ClosedCall& closed) {
    std::string text = "hangs up";
    if (closed.then == ClosedCall::Then::voicemail) text = "voicemail";
    if (closed.then == ClosedCall::Then::callback) text = "a call back";
    if (closed.then == ClosedCall::Then::dial) text = "rings " + joined(closed.dial_to, ", ");
    return closed.say.empty() ? text : text + ", after \"" + closed.say + "\"";
}

std::string closed_other_text(const ClosedOther& closed) {
    const std::string then = closed.queue.empty() ? "held" : "to " + closed.queue;
    return closed.reply.empty() ? then : then + ", answered \"" + closed.reply + "\"";
}

std::map<std::string, std::string> when_texts(const When& when) {
    Texts texts;
    put_when(texts, "", when, 32);
    return texts;
}

std::map<std::string, std::string> route_texts(const Route& route) {
    Texts texts;
    for (const auto& entry : when_texts(route.when)) texts["when." + entry.first] = entry.second;
    texts["to"] = route.to_owner ? "owner" : route.to;
    put(texts, "copy_to", joined(route.copy_to, ", "));
    if (route.is_express) texts["priority"] = "express";
    if (route.respond_within) texts["respond_within"] = duration_text(*route.respond_within);
    if (!route.hold_by.empty()) texts["hold"] = "until switch " + route.hold_by + " is off";
    put_closed(texts, route.closed);
    put(texts, "reply", route.reply);
    if (route.pilot) texts["pilot"] = pilot_text(*route.pilot);
    if (route.patience) {
        texts["patience"] = duration_text(route.patience->quiet) + ", at most " +
                            duration_text(route.patience->at_most) +
                            (route.patience->skip.empty() ? "" : ", not for ") +
                            words_text(route.patience->skip);
    }
    return texts;
}

std::map<std::string, std::string> queue_texts(const Queue& queue) {
    Texts texts;
    put(texts, "hours", queue.hours);
    put(texts, "respond_within", respond_within_text(queue));
    put(texts, "dial", joined(queue.dial.to, ", "));
    put(texts, "dial.caller_id", queue.dial.caller_id);
    if (!queue.dial.to.empty()) {
        texts["dial.ring"] = duration_text(queue.dial.ring) +
                             (queue.dial.order == Dial::Order::at_once ? ", all at once" : "");
        texts["dial.no_answer"] = queue.dial.voicemail ? "voicemail" : "hangs up";
    }
    put(texts, "dial.whisper", queue.dial.whisper);
    put(texts, "dial.say", queue.dial.say);
    put(texts, "dial.consent", queue.dial.consent);
    put_closed(texts, queue.closed);
    put(texts, "reply", queue.reply);
    put(texts, "overdue", overdue_text(queue.overdue));
    texts["express.cap"] = std::to_string(queue.express_cap);
    if (queue.max_age.count() > 0) texts["max_age"] = duration_text(queue.max_age);
    if (queue.backfill_below) texts["backfill_below"] = std::to_string(*queue.backfill_below);
    if (queue.answered_by_outcome) texts["answered_by"] = "outcome";
    if (queue.close_publicly) texts["close_publicly"] = duration_text(*queue.close_publicly);
    put(texts, "in_charge", queue.in_charge);
    return texts;
}

}  // namespace tapline
