#include "config/tools/sheet.h"

#include <map>

#include "adapters/xml.h"
#include "config/tools/describe.h"
#include "config/tools/local_time.h"

namespace tapline {

namespace {

// Of a whole year of holidays, and no more than a page.
constexpr std::size_t kSpecialDaysMax = 30;

using Rows = std::vector<std::vector<std::string>>;

void add(std::vector<SheetBlock>& blocks, SheetBlock block) {
    if (!block.lines.empty() || block.rows.size() > 1) blocks.push_back(std::move(block));
}

std::vector<std::string> sentence(const std::string& text) {
    if (text.empty()) return {};
    return {text};
}

Rows channel_rows(const Brand& brand) {
    Rows rows = {{"Channel", "Where", "Button"}};
    for (const auto& entry : brand.buttons) {
        const Button& button = entry.second;
        std::string where = button.line + button.address + button.whatsapp;
        const auto profile = brand.profiles.find(button.profile);
        if (where.empty() && profile != brand.profiles.end()) {
            const std::string& handle = profile->second.handle;
            where =
                handle.empty() ? profile->second.source : profile->second.source + " @" + handle;
        }
        rows.push_back({std::string(to_string(button.channel)), where, button.name});
    }
    for (const auto& entry : brand.profiles) {
        const Profile& profile = entry.second;
        if (!profile.connection.empty()) rows.push_back({"profile", profile.source, profile.name});
    }
    return rows;
}

Rows due_rows(const Brand& brand) {
    Rows rows = {{"Queue", "Answer within", "Hours", "In charge"}};
    for (const auto& entry : brand.queues) {
        const Queue& queue = entry.second;
        const std::string within = respond_within_text(queue);
        rows.push_back({queue.name, within.empty() ? "no time is set" : within,
                        queue.hours.empty() ? "always" : queue.hours,
                        queue.in_charge.empty() ? brand.sheet.in_charge : queue.in_charge});
    }
    return rows;
}

std::vector<std::string> hours_list(const Brand& brand) {
    std::vector<std::string> lines;
    for (const auto& entry : brand.hours) {
        std::string line = entry.first + ":";
        for (const std::string& day : hours_lines(entry.second)) {
            line += (line.back() == ':' ? " " : "; ") + day;
        }
        if (!entry.second.special.empty()) line += "; special days are otherwise, see below";
        lines.push_back(line);
    }
    return lines;
}

// The next ones of all hours, by date.
Rows special_rows(const Brand& brand, std::chrono::local_days today) {
    std::multimap<std::chrono::local_days, std::vector<std::string>> days;
    for (const auto& [name, hours] : brand.hours) {
        for (auto day = hours.special.lower_bound(today); day != hours.special.end(); ++day) {
            days.insert(
                {day->first,
                 {date_text(day->first), day->second.name, name, day_text(day->second.open)}});
        }
    }
    Rows rows = {{"Date", "Day", "Hours", "Open"}};
    for (const auto& [date, row] : days) {
        if (rows.size() > kSpecialDaysMax) break;
        rows.push_back(row);
    }
    return rows;
}

std::vector<std::string> threshold_list(const Brand& brand) {
    std::vector<std::string> lines = brand.sheet.thresholds;
    for (const auto& entry : brand.queues) {
        const auto texts = queue_texts(entry.second);
        const auto overdue = texts.find("overdue");
        if (overdue != texts.end()) {
            lines.push_back(entry.first + ": of the time to answer, " + overdue->second);
        }
    }
    for (const auto& entry : brand.topics) {
        for (const TopicStep& step : entry.second.steps) {
            lines.push_back("topic " + entry.first + ": " + std::to_string(step.customers) +
                            " customers go to " + step.to + " as one");
        }
    }
    return lines;
}

std::vector<std::string> switch_list(const Brand& brand) {
    std::vector<std::string> lines;
    for (const auto& entry : brand.switches) {
        lines.push_back("tapline switch " + entry.first + " on" +
                        (entry.second.about.empty() ? "" : ": " + entry.second.about));
    }
    return lines;
}

std::vector<std::string> express_list(const Brand& brand) {
    std::vector<std::string> lines;
    for (const Route& route : brand.routes) {
        if (route.is_express) {
            lines.push_back("Express: contacts of route " + route.name + " come first in " +
                            route.to);
        }
    }
    return lines;
}

// Markdown shows the text as it is written.
std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '\n' || c == '\r') {
            out += ' ';
            continue;
        }
        constexpr std::string_view kMarks = "\\`*_{}[]<>#|";
        if (kMarks.find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
    return out;
}

void append_row(std::string& text, const std::vector<std::string>& cells) {
    text += "|";
    for (const std::string& cell : cells) text += " " + escaped(cell) + " |";
    text += "\n";
}

constexpr std::string_view kStyle =
    "body{font:12pt/1.4 Georgia,serif;max-width:46em;margin:2em auto;padding:0 1em;color:#111;"
    "background:#fff}h1{font-size:20pt}h2{font-size:13pt;margin:1.2em 0 .3em;border-bottom:1px "
    "solid #999}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.2em "
    ".5em;border-bottom:1px solid #ccc;vertical-align:top}@page{margin:15mm}@media "
    "print{body{margin:0;max-width:none;font-size:10.5pt}h2{break-after:avoid}tr,li{break-inside:"
    "avoid}}";

void append_html(std::string& html, const SheetBlock& block) {
    html += "<h2>" + xml_escape(block.title) + "</h2>\n";
    if (!block.rows.empty()) {
        html += "<table>\n";
        for (std::size_t i = 0; i < block.rows.size(); ++i) {
            const std::string cell = i == 0 ? "th" : "td";
            html += "<tr>";
            for (const std::string& text : block.rows.at(i)) {
                html.append("<").append(cell).append(">").append(xml_escape(text));
                html.append("</").append(cell).append(">");
            }
            html += "</tr>\n";
        }
        html += "</table>\n";
    } else if (block.lines.size() == 1 && !block.numbered) {
        html += "<p>" + xml_escape(block.lines.front()) + "</p>\n";
    } else {
        const std::string list = block.numbered ? "ol" : "ul";
        html += "<" + list + ">\n";
        for (const std::string& line : block.lines) html += "<li>" + xml_escape(line) + "</li>\n";
        html += "</" + list + ">\n";
    }
}

}  // namespace

std::vector<SheetBlock> sheet_of(const Brand& brand, std::chrono::local_days today) {
    std::vector<SheetBlock> blocks;
    const Sheet& sheet = brand.sheet;
    add(blocks, {"Emergency", sentence(sheet.emergency)});
    add(blocks, {"Our mission", sentence(sheet.mission)});
    add(blocks, {"Quality standards", sheet.standards});
    add(blocks, {"Priorities", sheet.priorities, true});
    add(blocks, {"What comes first by itself", express_list(brand)});
    add(blocks, {"By when we answer", {}, false, due_rows(brand)});
    add(blocks, {"Hours (" + brand.timezone + ")", hours_list(brand)});
    add(blocks, {"Special days", {}, false, special_rows(brand, today)});
    add(blocks, {"Where we listen", {}, false, channel_rows(brand)});
    add(blocks, {"When help is called", threshold_list(brand)});
    add(blocks, {"In a crisis", switch_list(brand)});
    add(blocks,
        {"Who is in charge", sentence(sheet.in_charge.empty() ? brand.owner : sheet.in_charge)});
    return blocks;
}

std::string sheet_markdown(const Brand& brand, const std::vector<SheetBlock>& blocks) {
    std::string text = "# " + escaped(brand.shown_name()) + ": tip sheet\n";
    for (const SheetBlock& block : blocks) {
        text += "\n## " + escaped(block.title) + "\n\n";
        for (std::size_t i = 0; i < block.rows.size(); ++i) {
            append_row(text, block.rows.at(i));
            if (i > 0) continue;
            for (std::size_t cell = 0; cell < block.rows.at(i).size(); ++cell) text += "|---";
            text += "|\n";
        }
        const bool is_sentence = block.lines.size() == 1 && !block.numbered;
        for (std::size_t i = 0; i < block.lines.size(); ++i) {
            if (block.numbered) text += std::to_string(i + 1) + ". ";
            if (!block.numbered && !is_sentence) text += "- ";
            text += escaped(block.lines.at(i)) + "\n";
        }
    }
    text += "\nConfig version " + escaped(brand.config_version) + "\n";
    return text;
}

std::string sheet_html(const Brand& brand, const std::vector<SheetBlock>& blocks) {
    const std::string title = xml_escape(brand.shown_name()) + ": tip sheet";
    std::string html = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" +
                       title + "</title>\n<style>";
    html += kStyle;
    html += "</style></head>\n<body>\n<h1>" + title + "</h1>\n";
    for (const SheetBlock& block : blocks) append_html(html, block);
    return html + "<p>Config version " + xml_escape(brand.config_version) +
           "</p>\n</body></html>\n";
}

}  // namespace tapline
