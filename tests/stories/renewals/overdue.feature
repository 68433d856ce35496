Feature: An invoice goes overdue

  Scenario: The owner is told, and no more once it is paid
    Given the Account "Fincher Architects" of rep "Rita"
    And the open Opportunity "Tower"
    And the plan "Yearly" at 12,000 USD a year
    When "Fincher Architects" subscribes to 1 x "Yearly" for the Opportunity "Tower", invoiced with 30 days to pay
    And 31 days pass
    Then the renewals are:
      | Status   | Amount Due | Amount Remaining | In Dunning | Dunning Status |
      | Overdue  | 12,000.00  | 12,000.00        | yes        | Overdue        |
      | Upcoming | 12,000.00  | 12,000.00        | no         |                |
    And the Account "Fincher Architects" shows:
      | Overdue Invoices | 1        |
      | Failed Payments  | 0        |
      | At-Risk MRR      | 1,000.00 |
      | Customer Health  | Watch    |
    And the Task is:
      | Owner | Related To | Closed | Dunning Status |
      | Rita  | Tower      | no     | Overdue        |
    When "Fincher Architects" pays the open invoice
    Then the renewals are:
      | Status    | In Dunning | Dunning Status | Paid Date  |
      | Collected | no         |                | 2026-11-01 |
      | Upcoming  | no         |                |            |
    And the Task is:
      | Owner | Closed |
      | Rita  | yes    |
    And the Account "Fincher Architects" shows:
      | Overdue Invoices | 0         |
      | At-Risk MRR      | 0.00      |
      | Customer Health  | Healthy   |
      | Lifetime Value   | 12,000.00 |
